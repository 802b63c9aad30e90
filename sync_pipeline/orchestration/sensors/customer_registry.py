"""Sensor: the partitions follow the customers' folder. Adding a customer is adding a file."""

import dagster as dg

from sync_pipeline.orchestration.partitions import KEYS_PER_CALL, customers, missing_and_surplus
from sync_pipeline.orchestration.resources import WorkplaceResource


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def customer_registry(context: dg.SensorEvaluationContext, workplace: WorkplaceResource) -> dg.SensorResult:
    """Add and remove partitions. A customer whose file is broken keeps its partition: a typo must not erase it."""
    fleet = workplace.get().fleet()
    known = context.instance.get_dynamic_partitions("customers")
    missing, surplus = missing_and_surplus(known, [*fleet.customers, *(set(fleet.broken) & set(known))])
    if not missing and not surplus:
        return dg.SensorResult(skip_reason=dg.SkipReason(f"{len(known)} customers, all registered"))
    requests = []
    if missing:
        requests.append(customers.build_add_request(missing[:KEYS_PER_CALL]))
    if surplus:
        requests.append(customers.build_delete_request(surplus[:KEYS_PER_CALL]))
    return dg.SensorResult(dynamic_partitions_requests=requests)
