"""What `run` does and answers."""

import asyncio
from datetime import datetime
from typing import Any

from sync_pipeline.adapters.heartbeat import held_lease
from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.adapters.otlp import require_extra
from sync_pipeline.cli.output import exit_code_of
from sync_pipeline.cli.pause_documents import person
from sync_pipeline.definitions import defs
from sync_pipeline.domain.errors import BusyError, ConfigurationError, SyncError
from sync_pipeline.domain.lease import LEASE_SECONDS
from sync_pipeline.domain.report import empty_report, exit_code
from sync_pipeline.domain.run import MANUAL, WEEKLY, Layer, Run, RunStatus
from sync_pipeline.orchestration.launch import REMEDY, execute_slice, following_run, new_run
from sync_pipeline.orchestration.signals import noticing_signals, stopping_on_signals
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.workplace import Workplace


def run_to_the_end(
    customer_id: str, layer: Layer | None, *, wait: bool, full: bool = False
) -> tuple[dict[str, Any], int]:
    """Run a customer; answers the run report and the exit code. With `wait` the run goes on through its parks.

    Raises:
        ConfigurationError: no such customer, its files have problems, there is nothing to poll yet, or the extra
            `otel` is missing.
    """
    configure_logs()
    if full and layer != Layer.RECONCILE:
        raise ConfigurationError("--full is for reconciliations.", "Write --layer reconcile --full.")
    workplace = Workplace()
    require_extra(workplace.settings.otlp_endpoint)
    try:
        customer = workplace.customer(customer_id)
        if layer == Layer.POLL and next_layer(customer, workplace.state.positions) == Layer.INITIAL:
            raise ConfigurationError(
                f"{customer_id} was not loaded yet: polling starts after that.",
                f"Run it first: sync-pipeline run {customer_id}",
            )
        run = new_run(workplace, customer, layer, WEEKLY if full else MANUAL)
        try:
            wait_for_lease(workplace, customer_id)
        except BusyError as error:
            return not_run(run, error, workplace.clock.now()), exit_code_of(error)
        workplace.state.audit.note_run(customer_id, run.run_id, person())
        with stopping_on_signals(workplace.stop), noticing_signals(workplace.stop):
            while True:
                failure = execute_slice(workplace, run, defs)
                document, code = outcome(workplace, run, failure)
                if not wait or document.get("status") != RunStatus.PARKED:
                    return document, code
                run = resumed(workplace, run)
                if workplace.stop.is_requested:
                    return document, code
    finally:
        workplace.close()


def wait_for_lease(workplace: Workplace, customer_id: str) -> None:
    """Wait up to a lease's length for another process to let go.

    Raises:
        BusyError: it still works.
    """
    give_up_at = workplace.clock.monotonic() + LEASE_SECONDS
    while workplace.state.leases.is_held(customer_id):
        if workplace.clock.monotonic() >= give_up_at:
            raise BusyError(
                f"Another process is syncing {customer_id}.",
                "Wait for it to finish; `sync-pipeline status` shows its run.",
            )
        asyncio.run(workplace.clock.sleep(1))


def outcome(workplace: Workplace, run: Run, failure: SyncError | None) -> tuple[dict[str, Any], int]:
    """The stored report of a run, with an `error` when it failed."""
    row = workplace.state.runs.run(run.customer_id, run.run_id)
    if row is None or row["report"] is None:
        error = failure or SyncError("The run left no report.", REMEDY)
        return not_run(run, error, workplace.clock.now()), exit_code_of(error)
    report = dict(row["report"])
    if report["stage_failures"]:
        first = report["stage_failures"][0]
        report["error"] = {
            "code": "stream" if first["subject"] in report["checkpoint"] else first["subject"],
            "message": first["message"],
            "remedy": first["remedy"],
        }
    return report, exit_code(RunStatus(report["status"]), workplace.state.ledger_counts(run.customer_id))


def not_run(run: Run, error: SyncError, now: datetime) -> dict[str, Any]:
    status = RunStatus.BUSY if isinstance(error, BusyError) else RunStatus.FAILED
    report = empty_report(run, status, now).as_dict()
    return {**report, "error": {"code": error.code, "message": error.message, "remedy": error.remedy}}


def resumed(workplace: Workplace, run: Run) -> Run:
    """Wait until a parked run may go on, under its lease, so that nobody else resumes it; answers the run that does."""
    parked = workplace.state.parks.of_run(run.customer_id, run.run_id)
    if parked is None:
        return run
    with held_lease(workplace.state.leases, run.customer_id, workplace.clock):
        seconds = (parked.resume_at - workplace.clock.now()).total_seconds()
        asyncio.run(workplace.stop.sleep(workplace.clock, max(0.0, seconds)))
    return following_run(workplace, parked)
