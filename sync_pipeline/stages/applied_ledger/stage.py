"""The stage: plan, settle doubt, deliver, settle doubt again, account for everything, report."""

from datetime import datetime

import structlog

from sync_pipeline.domain.errors import BusyError, PausedError, QuotaSpentError, SyncError
from sync_pipeline.domain.operation import UNACCOUNTED, State
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.report import RunReport, slice_status
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.delivering import Delivery
from sync_pipeline.stages.applied_ledger.doubt import DoubtResolution
from sync_pipeline.stages.applied_ledger.slice import Park, SliceState
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.planning import plan_ready_cuts
from sync_pipeline.stages.run_report import build_report
from sync_pipeline.stages.source_snapshot.prerequisites import confirm_not_paused

log = structlog.get_logger()


async def apply_ledger(context: StageContext) -> RunReport:
    """Send what is planned; whatever happens, the slice ends with a report in the store."""
    state = SliceState(context)
    try:
        confirm_not_paused(context)
        plan_ready_cuts(context)
        context.sending.retry_deferred()
        async with context.open_destination() as destination:
            await _send_everything(context, destination, state)
    except PausedError as error:
        return finish_without_applying(context, RunStatus.PAUSED, error)
    except QuotaSpentError as error:
        state.park = Park(error.until, error.message)
    except BusyError:
        raise  # the report, like everything else, is now the business of who has the lease
    except SyncError as error:
        context.fail("applied_ledger", error.message, error.remedy)
    return _finish(context, state)


async def _send_everything(context: StageContext, destination: Destination, state: SliceState) -> None:
    await DoubtResolution(context, destination, state).run()
    while not state.stopped:
        await Delivery(context, destination, state).run()
        if not context.sending.in_doubt():
            break
        exhausted, state.exhausted, state.tries = state.exhausted, None, 0
        await DoubtResolution(context, destination, state).run()
        if exhausted is not None or not context.sending.counts().get(State.PLANNED):
            state.exhausted = state.exhausted or exhausted
            break


def _finish(context: StageContext, state: SliceState) -> RunReport:
    if state.exhausted is not None:
        deferred = context.sending.defer_planned(state.exhausted)
        log.warning("deferred", customer=context.customer.id, operations=deferred)
    if state.accepted:
        today = context.clock.now().astimezone(context.customer.zone).date()
        context.sending.count_deferrals(today)
    context.positions.move_checkpoints(context.keeper.lease, context.run.run_id)
    failures = context.runs.failures(context.customer.id, context.run.run_id, context.dagster_run_id)
    held = bool(context.cuts.cuts(context.customer.id, [CutState.HELD]))
    left = context.sending.counts()
    parked = state.park is not None and any(left.get(what, 0) for what in UNACCOUNTED)
    status = slice_status(failures, parked=parked, held=held)
    resume_at = state.park.resume_at if state.park is not None and status == RunStatus.PARKED else None
    report = finish(context, status, resume_at)
    if status in (RunStatus.DONE, RunStatus.FAILED):
        context.breakers.count_run(context.customer.id, failed=status == RunStatus.FAILED)
    return report


def finish(context: StageContext, status: RunStatus, resume_at: datetime | None) -> RunReport:
    """Store the report and close the slice."""
    report = build_report(context, status, resume_at)
    context.runs.finish_slice(
        context.keeper.lease, context.run.run_id, context.dagster_run_id, status, resume_at, report.as_dict()
    )
    log.info("slice_finished", customer=context.customer.id, run=context.run.run_id, status=status.value)
    return report


def finish_without_applying(
    context: StageContext, status: RunStatus, error: SyncError, subject: str = "prerequisites"
) -> RunReport:
    """Close a slice that an error ended: paused, parked, a prerequisite is missing, or a stage has a defect."""
    resume_at = error.until if isinstance(error, QuotaSpentError) else None
    if status != RunStatus.PARKED:
        context.fail(subject, error.message, error.remedy)
    if status == RunStatus.FAILED:
        context.breakers.count_run(context.customer.id, failed=True)
    return finish(context, status, resume_at)
