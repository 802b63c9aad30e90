"""Sensor: the partitions follow the customers' folder. Adding a customer is adding a file."""

from collections.abc import Sequence

import dagster as dg

from sync_pipeline.adapters.sql.breakers import SqlBreakers
from sync_pipeline.domain.pause import REGISTRY
from sync_pipeline.orchestration.partitions import KEYS_PER_CALL, customers, missing_and_surplus
from sync_pipeline.orchestration.region import claim_instance
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.workplace import Workplace

REMOVED = "its file was removed"


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def customer_registry(context: dg.SensorEvaluationContext, workplace: WorkplaceResource) -> dg.SensorResult:
    """Add and remove partitions; whoever is removed is paused, and goes on when the file is back.

    A customer whose file is broken keeps its partition: a typo must not erase it.
    """
    opened = workplace.get()
    claim_instance(context.instance, opened)
    fleet = opened.fleet()
    known = context.instance.get_dynamic_partitions("customers")
    missing, surplus = missing_and_surplus(known, [*fleet.customers, *(set(fleet.broken) & set(known))])
    if not missing and not surplus:
        return dg.SensorResult(skip_reason=dg.SkipReason(f"{len(known)} customers, all registered"))
    requests = []
    if added := missing[:KEYS_PER_CALL]:
        _resume_who_is_back(opened.state.breakers, added)
        requests.append(customers.build_add_request(added))
    if removed := surplus[:KEYS_PER_CALL]:
        _pause_who_is_gone(opened, removed)
        requests.append(customers.build_delete_request(removed))
    return dg.SensorResult(dynamic_partitions_requests=requests)


def _pause_who_is_gone(workplace: Workplace, customer_ids: Sequence[str]) -> None:
    """A pause that is there already keeps its reason, or it would end when the file is back."""
    breakers, now = workplace.state.breakers, workplace.clock.now()
    for customer_id in customer_ids:
        if not breakers.breaker(customer_id).is_paused(now):
            breakers.pause(customer_id, REMOVED, REGISTRY)


def _resume_who_is_back(breakers: SqlBreakers, customer_ids: Sequence[str]) -> None:
    """Those that were paused for want of a file. Whom somebody else paused meanwhile stays so."""
    for customer_id in customer_ids:
        if breakers.breaker(customer_id).reason == REMOVED:
            breakers.resume(customer_id, "its file is back", REGISTRY)
