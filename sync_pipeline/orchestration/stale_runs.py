"""Dagster runs whose process died: they look as if they were running, and Dagster itself notices after a day."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from sync_pipeline.workplace import Workplace


def end_stale_runs(instance: dg.DagsterInstance, dagster_run_ids: Iterable[str]) -> None:
    """Report these runs as failed; only the holder of the customer's lease knows that nobody works on them any more."""
    for dagster_run_id in dagster_run_ids:
        run = instance.get_run_by_id(dagster_run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "The process of this run ended without a word; a later run took over.")


def end_silent_runs(instance: dg.DagsterInstance, workplace: Workplace) -> None:
    """Report the customers' runs as failed that say they are at work while nobody is.

    A run holds its customer's lease from its first stage to its end. Without the lease it is about to begin, about to
    end, or dead, and the first two take less than what Dagster gives a process to start. A dead one would keep its
    customer out of the queue, and take the place of somebody else's run.
    """
    patience = timedelta(seconds=instance.run_monitoring_start_timeout_seconds)
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        run = record.dagster_run
        customer_id = run.tags.get(PARTITION_NAME_TAG)
        if customer_id is None or workplace.state.leases.is_held(customer_id):
            continue
        started = record.create_timestamp if record.start_time is None else _moment(record.start_time)
        ended = workplace.state.runs.slice_ended_at(customer_id, run.run_id)
        if workplace.clock.now() - max(started, ended or started) > patience:
            end_stale_runs(instance, [run.run_id])


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
