"""Sensor: a run that failed before anything of it was in the state store is told as well."""

import dagster as dg

from sync_pipeline.domain.alerts import Seen
from sync_pipeline.orchestration.dagster_trouble import run_trouble
from sync_pipeline.orchestration.resources import WorkplaceResource


@dg.run_failure_sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def run_failure_alerts(context: dg.RunFailureSensorContext, workplace: WorkplaceResource) -> None:
    """Runs that left a slice are judged by their reports; see check_alerts, which also sends what is found here."""
    opened, run = workplace.get(), context.dagster_run
    if not opened.state.runs.has_slice(run.run_id):
        opened.state.alerts.record(Seen([run_trouble(run)], kinds=frozenset()))
