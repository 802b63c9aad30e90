"""The stage: plan, settle doubt, deliver, settle doubt again, account for everything, report."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from sync_pipeline.domain.crm import tags, volunteers
from sync_pipeline.domain.errors import BusyError, ParkedError, PausedError, PlatformDown, SourceError, SyncError
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pause import BreakerRule, RunVerdict
from sync_pipeline.domain.platforms import Trouble
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.report import RunReport, slice_status
from sync_pipeline.domain.run import Layer, RunStatus, Stage
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.adopting import doubt_what_is_unsent
from sync_pipeline.stages.applied_ledger.ageing import review_refused_repeats, review_what_waits_too_long
from sync_pipeline.stages.applied_ledger.delivering import Delivery
from sync_pipeline.stages.applied_ledger.doubt import DoubtResolution
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.applied_ledger.releasing import Release
from sync_pipeline.stages.applied_ledger.slice import Park, SliceState
from sync_pipeline.stages.applied_ledger.takeover import sit_out_takeover
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.foretelling import ScratchLedger, foretold
from sync_pipeline.stages.planning import plan_ready_cuts, ready_cuts
from sync_pipeline.stages.platforms import is_any_down, report_trouble
from sync_pipeline.stages.run_page import leave_page
from sync_pipeline.stages.run_report import build_report
from sync_pipeline.stages.source_snapshot.prerequisites import confirm_not_paused, confirm_organization
from sync_pipeline.stopping import TOLD_TO_STOP

log = structlog.get_logger()

PROGRESS = "progress"
STUCK = "Two slices in a row got nothing done, the last one because {reason}."
STUCK_REMEDY = (
    "Nothing is lost: the next run goes on with all of it. `sync-pipeline status {customer}` shows the quota: other "
    "integrations may use up the customer's share of it, or `limits.slice_seconds` is too short for a single request."
)

Afterwards = Callable[[Looking], Awaitable[dict[str, Any]]]


async def apply_ledger(context: StageContext, afterwards: Afterwards | None = None) -> RunReport:
    """Send what is planned; whatever happens, the slice ends with a report in the store.

    `afterwards` comes when everything is delivered, and what it plans is delivered too; its account is reported.
    """
    state = SliceState(context)
    account: dict[str, Any] = {}
    if context.stop.is_requested:
        state.park = Park(context.clock.now(), TOLD_TO_STOP, asking=True)
        return _finish(context, state, account)
    try:
        confirm_not_paused(context)
        context.sending.retry_deferred()
        doubt_what_is_unsent(context)
        plan_ready_cuts(context)
        context.confirming.set_aside_archived()
        if not context.customer.destination.bulk.tags:
            context.waiting.unbind(tags.BULK)  # planned when the organization was still thought to have it
        _foretell(context)
        async with context.open_destination() as destination:
            if context.runs.organization_seen(context.customer.id, context.dagster_run_id) is None:
                # Nothing was read in this slice, and the token may be another one since the last.
                await confirm_organization(context, destination)
            await _send_everything(context, destination, state)
            if afterwards is not None and not state.stopped:
                account = await afterwards(Looking(context, destination))
                await _send_everything(context, destination, state)
    except PausedError as error:
        return finish_without_applying(context, _paused_or_failed(context), error)
    except ParkedError as error:
        state.park = Park(error.until, error.reason, asking=True, others_too=isinstance(error, PlatformDown))
    except BusyError:
        raise  # the report, like everything else, is now the business of who has the lease
    except SyncError as error:
        context.fail("applied_ledger", error.message, error.remedy)
    return _finish(context, state, account)


def _paused_or_failed(context: StageContext) -> RunStatus:
    """Who is paused by what went wrong in this very slice has failed; the pause shows in the next one."""
    failures = context.runs.failures(context.customer.id, context.run.run_id, context.dagster_run_id)
    return RunStatus.FAILED if failures else RunStatus.PAUSED


def _foretell(context: StageContext) -> None:
    """Once a run, before anything is sent: afterwards the report says how far off that was."""
    if context.runs.foretold(context.customer.id, context.run.run_id) is not None:
        return
    ledger = ScratchLedger(context.sending.open_operations())
    requests = foretold(ledger, context.crm_ids, context.waiting.accepted_people, context.customer)
    by_endpoint = Counter(request.endpoint for request in requests)
    context.runs.foretell(context.keeper.lease, context.run.run_id, dict(sorted(by_endpoint.items())))


async def _send_everything(context: StageContext, destination: Destination, state: SliceState) -> None:
    looking = Looking(context, destination)
    doubt = DoubtResolution(context, destination, state, looking)
    release = Release(context, looking)
    await sit_out_takeover(context, state)
    if state.stopped:
        return
    await doubt.run()
    await review_refused_repeats(context, looking)
    while not state.stopped:
        before = _progress(context, state)
        await release.run()
        await Delivery(context, destination, state, looking).run()
        if context.sending.in_doubt():
            exhausted, silent = state.exhausted, state.begin_last_settling()
            await doubt.run()
            state.silent = silent | state.silent
            state.exhausted = state.exhausted or exhausted
        if await _may_settle_soon(state, doubt):
            continue
        after = _progress(context, state)
        if after == before or (after.awaited == before.awaited and not _something_left(after, state)):
            review_what_waits_too_long(context)
            break


@dataclass(frozen=True, slots=True)
class _Progress:
    """`awaited`: how many things exist now whose absence other operations waited for."""

    counts: Mapping[str, int]
    awaited: int


def _progress(context: StageContext, state: SliceState) -> _Progress:
    awaited = sum(state.accepted[endpoint] for endpoint in (volunteers.CREATE_OPPORTUNITY, volunteers.SIGN_UP))
    return _Progress(context.sending.counts(), awaited)


def _something_left(after: _Progress, state: SliceState) -> bool:
    """Whether settling doubt made something sendable again that is not left alone for this slice."""
    return not state.blocked and bool(after.counts.get(State.PLANNED))


async def _may_settle_soon(state: SliceState, doubt: DoubtResolution) -> bool:
    """Wait until the absence of what was looked for proves something; park where that takes longer than a moment."""
    if doubt.unsettled_until is None or state.stopped:
        return False
    await state.settle_or_park(doubt.unsettled_until, "what got no answer has not settled yet")
    if not state.stopped:
        await doubt.run()
    return not state.stopped


def _finish(context: StageContext, state: SliceState, account: Mapping[str, Any]) -> RunReport:
    _park_if_down(context, state)
    deferred = sum(context.sending.defer_planned(why, endpoint) for endpoint, why in state.silent.items())
    if state.exhausted is not None:
        deferred += context.sending.defer_planned(state.exhausted)
    if deferred:
        log.warning("operations_deferred", operations=deferred)
    if state.accepted.total():
        today = context.clock.now().astimezone(context.customer.zone).date()
        context.sending.count_deferrals(today)
    context.positions.move_checkpoints(context.keeper.lease, context.run.run_id)
    held = bool(context.cuts.cuts(context.customer.id, [CutState.HELD]))
    left = context.sending.counts()
    parked = state.park is not None and (
        any(left.get(what, 0) for what in state.park.goes_on_with) or bool(ready_cuts(context))
    )
    if parked and state.park is not None and not state.park.others_too:
        _fail_if_stuck(context, state.park.reason)
    failures = context.runs.failures(context.customer.id, context.run.run_id, context.dagster_run_id)
    status = slice_status(failures, parked=parked, held=held)
    resume_at = state.park.resume_at if state.park is not None and status == RunStatus.PARKED else None
    return finish(context, status, resume_at, account, Stage.APPLIED_LEDGER)


def _park_if_down(context: StageContext, state: SliceState) -> None:
    """Who gets no answers goes on another night; where nobody gets any, once somebody has got one."""
    if state.exhausted is None:
        return
    down = report_trouble(context, context.customer.destination.platform, Trouble.UNAVAILABLE)
    if down is not None:
        state.park, state.exhausted = Park(down.until, down.reason, asking=True, others_too=True), None


def _fail_if_stuck(context: StageContext, reason: str) -> bool:
    """A run that gets nowhere must not go on parking for ever without a word; answers whether it is one."""
    customer_id, run = context.customer.id, context.run
    if not context.runs.is_stuck(customer_id, run.run_id, context.dagster_run_id):
        return False
    context.fail(PROGRESS, STUCK.format(reason=reason), STUCK_REMEDY.format(customer=customer_id))
    return True


def finish(
    context: StageContext,
    status: RunStatus,
    resume_at: datetime | None,
    account: Mapping[str, Any] | None = None,
    parked_in: Stage = Stage.SOURCE_SNAPSHOT,
) -> RunReport:
    """Store the report and close the slice."""
    report = build_report(context, status, resume_at, account)
    context.runs.finish_slice(
        context.keeper.lease,
        context.run.run_id,
        context.dagster_run_id,
        status,
        resume_at,
        report.as_dict(),
        parked_in if status == RunStatus.PARKED else None,
        _verdict(context, report),
    )
    leave_page(context)
    log.info(
        "slice_finished",
        status=status.value,
        changes=report.total_changes,
        successes=report.successes,
        failures=report.failures,
        pending=report.pending,
        requests=report.requests_total,
        rate_limit_pauses=report.rate_limit_pauses,
    )
    if status == RunStatus.PARKED:
        log.info("slice_parked", parked_in=parked_in.value, resume_at=resume_at and resume_at.isoformat())
    return report


def _verdict(context: StageContext, report: RunReport) -> RunVerdict | None:
    """What the breaker counts: runs that are over, not those that are parked, held or paused.

    Nor polls, nor what fails while a platform is down for everybody: an outage must not pause a customer until
    somebody has looked.
    """
    if report.status not in (RunStatus.DONE, RunStatus.FAILED) or context.run.layer == Layer.POLL:
        return None
    if report.status == RunStatus.FAILED and is_any_down(context):
        return None
    limits = context.customer.limits.breaker
    rule = BreakerRule(limits.failures, timedelta(hours=limits.pause_hours), limits.half_open)
    mostly_failed = report.failures * 2 > report.total_changes
    return RunVerdict(report.status == RunStatus.FAILED or mostly_failed, rule)


def finish_without_applying(
    context: StageContext, status: RunStatus, error: SyncError, subject: str | None = None
) -> RunReport:
    """Close a slice that an error ended: paused, parked, a prerequisite is missing, or a stage has a defect."""
    resume_at = error.until if isinstance(error, ParkedError) else None
    if isinstance(error, ParkedError) and not isinstance(error, PlatformDown) and _fail_if_stuck(context, error.reason):
        return finish(context, RunStatus.FAILED, None)
    if status != RunStatus.PARKED:
        reads = "sources" if isinstance(error, SourceError) else "prerequisites"
        context.fail(subject or reads, error.message, error.remedy)
    return finish(context, status, resume_at)
