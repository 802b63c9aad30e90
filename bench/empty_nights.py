"""The floor of a fleet's nights: as many runs of three empty assets, requested and queued as ours are."""

import dagster as dg

from sync_pipeline.orchestration.run_queue import look_at_queue

customers = dg.DynamicPartitionsDefinition(name="customers")


@dg.asset(partitions_def=customers)
def first() -> None: ...


@dg.asset(partitions_def=customers, deps=[first])
def second() -> None: ...


@dg.asset(partitions_def=customers, deps=[second])
def third() -> None: ...


empty_night = dg.define_asset_job("empty_night", selection=[first, second, third], executor_def=dg.in_process_executor)


@dg.sensor(job=empty_night, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def everybody(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """The next ones, as far as the queue has room."""
    names, begun = sorted(context.instance.get_dynamic_partitions("customers")), int(context.cursor or 0)
    some = names[begun : begun + look_at_queue(context.instance).room]
    requests = [dg.RunRequest(run_key=name, partition_key=name) for name in some]
    return dg.SensorResult(run_requests=requests, cursor=str(begun + len(some)))


defs = dg.Definitions(assets=[first, second, third], jobs=[empty_night], sensors=[everybody])
