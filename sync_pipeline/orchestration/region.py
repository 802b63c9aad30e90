"""Dagster's own storage belongs to a region too: its partitions are the customers of one."""

from collections.abc import Collection

import dagster as dg

from sync_pipeline.workplace import Workplace

KEY = "sync/region"


class InstanceRegion:
    """Implements ports.RegionalStore; kept where Dagster's daemons keep their cursors, apart from runs and events."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance

    def region(self) -> str | None:
        return self._instance.daemon_cursor_storage.get_cursor_values({KEY}).get(KEY)

    def customers(self) -> Collection[str]:
        return self._instance.get_dynamic_partitions("customers")

    def give_to(self, region: str) -> None:
        if self.region() is None:
            self._instance.daemon_cursor_storage.set_cursor_values({KEY: region})


def claim_instance(instance: dg.DagsterInstance, workplace: Workplace) -> None:
    """Refuse Dagster's storage when it is another region's.

    Its registry would take away that region's partitions and pause its customers.

    Raises:
        ConfigurationError: it belongs to another one.
    """
    workplace.claim(InstanceRegion(instance), "Dagster's storage", "DAGSTER_PG_URL (or DAGSTER_HOME)")
