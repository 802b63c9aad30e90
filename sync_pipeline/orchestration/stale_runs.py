"""Dagster runs whose process died: they look as if they were running, and Dagster itself notices after a day."""

from collections.abc import Iterable

import dagster as dg


def end_stale_runs(instance: dg.DagsterInstance, dagster_run_ids: Iterable[str]) -> None:
    """Report these runs as failed; only the holder of the customer's lease knows that nobody works on them any more."""
    for dagster_run_id in dagster_run_ids:
        run = instance.get_run_by_id(dagster_run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "The process of this run ended without a word; a later run took over.")
