"""The run report: gathered from the state store alone, so that it is the same after any interruption."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.operation import Evidence
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.progress import ReadProgress
from sync_pipeline.domain.report import FAILURE_DETAILS, Outcomes, RunReport, forecast_error
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.stages.context import StageContext

COUNTED = {CutState.READY, CutState.PLANNED, CutState.HELD}


def build_report(
    context: StageContext,
    status: RunStatus,
    resume_at: datetime | None,
    reconciliation: Mapping[str, Any] | None = None,
) -> RunReport:
    """Everything the run has done so far, over all its slices."""
    customer_id, run_id = context.customer.id, context.run.run_id
    cuts, source_requests, source_pauses = context.cuts.cuts_of_run(customer_id, run_id)
    counted = [cut.counts for cut in cuts if cut.state in COUNTED]
    requests, throttled = context.quota.used_by_run(customer_id, run_id)
    foretold = context.runs.foretold(customer_id, run_id) or {}
    outcomes = Outcomes.of(
        context.runs.outcomes(customer_id, run_id),
        held=sum(cut.counts.total for cut in cuts if cut.state == CutState.HELD),
        unplanned=sum(cut.counts.total for cut in cuts if cut.state == CutState.READY),
    )
    now = context.clock.now()
    started_at = context.runs.started_at(customer_id, run_id) or now
    return RunReport(
        run_id=run_id,
        customer_id=customer_id,
        layer=context.run.layer.value,
        status=status.value,
        started_at=started_at,
        completed_at=now,
        duration_seconds=round((now - started_at).total_seconds(), 3),
        total_changes=sum(counts.total for counts in counted),
        creates=sum(counts.creates for counts in counted),
        updates=sum(counts.updates for counts in counted),
        deletes=sum(counts.deletes for counts in counted),
        unchanged=sum({cut.stream: cut.counts.unchanged for cut in cuts if cut.state in COUNTED}.values()),
        successes=outcomes.successes,
        failures=outcomes.failures,
        deferred=outcomes.deferred,
        waiting=outcomes.waiting,
        superseded=outcomes.superseded,
        held=outcomes.held,
        pending=outcomes.pending,
        carried=context.runs.carried(customer_id, run_id),
        requests=requests,
        source_requests=source_requests,
        requests_total=source_requests + sum(requests.values()),
        rate_limit_pauses=throttled + source_pauses,
        resume_at=resume_at,
        checkpoint=checkpoints(context),
        failure_details=context.runs.failure_details(customer_id, run_id, FAILURE_DETAILS),
        failure_rate=round(outcomes.failure_rate, 6),
        stage_failures=[
            failure.as_dict() for failure in context.runs.failures(customer_id, run_id, context.dagster_run_id)
        ],
        warnings=[
            *(cut.reason for cut in cuts if cut.reason is not None),
            *(_held(customer_id, cut) for cut in cuts if cut.state == CutState.HELD),
            *_refused_repeats(context),
            *_aged(context),
        ],
        schema_changes=schema_changes(cuts),
        reconciliation=reconciliation or {},
        foretold_requests=foretold,
        forecast_error=forecast_error(foretold, requests),
        reading=reading_progress(cuts, now) if status == RunStatus.PARKED else {},
        records_read=sum(cut.rows for cut in cuts),
        incomplete=incomplete_streams(cuts),
        held_change_sets={cut.cut: cut.held or "" for cut in cuts if cut.state == CutState.HELD},
    )


def incomplete_streams(cuts: Iterable[CutRow]) -> dict[str, str]:
    """By stream, why its newest finished read may lack records of the source."""
    newest = {cut.stream: cut for cut in cuts if cut.read_completed_at is not None}
    return {
        stream: cut.reason or "the source could not show that this was everything"
        for stream, cut in newest.items()
        if cut.reason is not None or (cut.strategy is Strategy.FULL_SNAPSHOT and not cut.proven)
    }


def reading_progress(cuts: Iterable[CutRow], now: datetime) -> dict[str, dict[str, Any]]:
    """By stream, how far the reads are that are not over."""
    return {cut.stream: ReadProgress.of(cut, now).as_dict() for cut in cuts if cut.state == CutState.READING}


def _held(customer_id: str, cut: CutRow) -> str:
    return (
        f"The change set {cut.cut} of {cut.stream} is held, nothing of it was sent: {cut.held}. Look at it with "
        f"`sync-pipeline change-sets show {customer_id} {cut.cut}`, then approve or discard it."
    )


def _refused_repeats(context: StageContext) -> list[str]:
    """A refusal of something sent before proves less than an acceptance: nobody should hear of it only days later."""
    gifts = context.sending.count_accepted_by(Evidence.REPEAT_REFUSED)
    hours = context.customer.destination.review_after_hours
    text = (
        f"Gifts that count as accepted because Virtuous refused them when they were sent again: {gifts}. Most likely "
        f"it has them already; those that it does not show after {hours} hours go to review."
    )
    return [text] if gifts else []


def _aged(context: StageContext) -> list[str]:
    """One notice for the organization, not one for every record."""
    aged, customer = context.waiting.count_aged(), context.customer
    text = (
        f"Changes that have waited for more than {customer.destination.review_after_hours} hours for what Virtuous "
        f"does not have: {aged}. Most likely nobody has run the import. They go on by themselves once it is there; "
        f"`sync-pipeline dead-letters list {customer.id} --state review` names them."
    )
    return [text] if aged else []


def schema_changes(cuts: Iterable[CutRow]) -> dict[str, list[str]]:
    """By stream, each once: a run of several slices may have read a stream twice before it was compared."""
    found: dict[str, dict[str, None]] = {}
    for cut in cuts:
        if cut.schema_changes:
            found.setdefault(cut.stream, {}).update(dict.fromkeys(cut.schema_changes))
    return {stream: list(changes) for stream, changes in found.items()}


def checkpoints(context: StageContext) -> dict[str, str | None]:
    """Per stream the source time up to which everything is accounted for; the cut where a stream has no time."""
    return {
        stream: context.positions.position(context.customer.id, configured.source, stream).reached
        for stream, configured in context.customer.streams.items()
    }
