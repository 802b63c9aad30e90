"""Schedule: the whole fleet is checked every quarter of an hour."""

import dagster as dg

from sync_pipeline.orchestration.fleet_checks import fleet_checks_job

fleet_checks = dg.ScheduleDefinition(
    name="fleet_checks",
    job=fleet_checks_job,
    cron_schedule="7,22,37,52 * * * *",  # between two sweeps
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
