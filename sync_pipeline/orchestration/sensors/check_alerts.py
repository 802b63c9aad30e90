"""Sensor: what changed is told to people, once."""

import dagster as dg

from sync_pipeline.orchestration.dagster_trouble import look_at_dagster
from sync_pipeline.orchestration.prune import prune_job
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sweep import poll_sweep
from sync_pipeline.orchestration.watching import look_and_tell

NOBODYS_JOBS = (poll_sweep.name, prune_job.name)


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def check_alerts(context: dg.SensorEvaluationContext, workplace: WorkplaceResource) -> dg.SkipReason:
    """Look at the fleet and at Dagster; the only sensor that talks to another machine, for 20 s at most."""
    changes, sent = look_and_tell(workplace.get(), look_at_dagster(context.instance, NOBODYS_JOBS))
    return dg.SkipReason(f"{len(changes)} changes, {sent} messages sent")
