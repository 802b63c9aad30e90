"""The customers as Dagster partitions, kept equal to the customers' folder."""

from collections.abc import Collection

import dagster as dg
from sqlalchemy.exc import IntegrityError

customers = dg.DynamicPartitionsDefinition(name="customers")

KEYS_PER_CALL = 1_000  # one SQL `IN` per call: above some 32,000 keys SQLite refuses it (dagster issue 16260)


def missing_and_surplus(known: Collection[str], wanted: Collection[str]) -> tuple[list[str], list[str]]:
    """Partition keys to add and to remove so that `known` becomes `wanted`."""
    return sorted(set(wanted) - set(known)), sorted(set(known) - set(wanted))


def register(instance: dg.DagsterInstance, customer_ids: Collection[str]) -> None:
    """Add customers that are not partitions yet; used where no sensor runs."""
    missing, _ = missing_and_surplus(instance.get_dynamic_partitions("customers"), customer_ids)
    for start in range(0, len(missing), KEYS_PER_CALL):
        try:
            instance.add_dynamic_partitions("customers", missing[start : start + KEYS_PER_CALL])
        except IntegrityError:  # the registry's sensor, or another process, added one of them at the same moment
            register(instance, customer_ids)
            return
