"""The page of a run: gathered from the stores alone, so that it can be made again at any time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.defect import describe
from sync_pipeline.domain.pages.facts import SentRequest, StoredRun
from sync_pipeline.domain.pages.headline import headline
from sync_pipeline.domain.pages.run_page import EXAMPLES, NIGHTS, REASONS, RunPage, StreamAccount
from sync_pipeline.domain.pages.timeline import timeline
from sync_pipeline.domain.pages.usage import LEAD, Usage, usage
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.report import Outcomes
from sync_pipeline.ports import Breakers, Cuts, Quota, RunHistory
from sync_pipeline.stages.context import StageContext, destination_name, quota_rule
from sync_pipeline.stages.run_report import COUNTED

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PageSources:
    """Where the numbers of a page come from."""

    history: RunHistory
    cuts: Cuts
    quota: Quota
    breakers: Breakers


def leave_page(context: StageContext) -> None:
    """Write the page of the run as it is now. Nothing that goes wrong here may fail the run: it is only told."""
    sources = PageSources(context.history, context.cuts, context.quota, context.breakers)
    customer, run_id = context.customer, context.run.run_id
    try:
        stored = context.history.run(customer.id, run_id)
        if stored is not None:
            context.pages.write_run(run_page(customer, stored, sources, context.clock.now()))
    except Exception as error:  # noqa: BLE001 - a full disk or a defect; `report --open` makes the page again
        log.warning("page_not_written", error=describe(error))


def run_page(customer: Customer, run: StoredRun, sources: PageSources, now: datetime) -> RunPage:
    """What the stores say about a run at this moment."""
    history, run_id = sources.history, run.run.run_id
    cuts, _, _ = sources.cuts.cuts_of_run(customer.id, run_id)
    held = sources.cuts.cuts(customer.id, [CutState.HELD])
    requests = history.requests(customer.id, run_id)
    operations = history.operations(customer.id)
    begin = min((run.started_at, *(cut.read_started_at for cut in cuts)))
    return RunPage(
        run=run,
        as_of=now,
        headline=headline(run, operations, held, sources.breakers.breaker(customer.id), now),
        timeline=timeline(begin, run.reported_at, history.slices(customer.id, run_id), cuts, requests),
        usage=_usage(customer, run, sources, requests),
        streams=_streams(customer, run, cuts, history.outcomes(customer.id, run_id)),
        failures=history.failure_reasons(customer.id, run_id, REASONS, EXAMPLES),
        nights=history.nights(customer.id, run.run.layer, run.started_at, NIGHTS),
        held=held,
        operations=operations,
    )


def _usage(customer: Customer, run: StoredRun, sources: PageSources, requests: Sequence[SentRequest]) -> Usage:
    name, rule = destination_name(customer), quota_rule(customer)
    picture = sources.quota.picture(name, rule)
    since = run.started_at - rule.span - min(rule.window, LEAD) - timedelta(minutes=1)
    return usage(
        requests,
        sources.history.other_requests(name, run.run.run_id, since, run.reported_at),
        run.started_at,
        run.reported_at,
        rule.window,
        picture.budget(rule),
        picture.limit,
        sum(run.report["requests"].values()),
    )


def _streams(
    customer: Customer, run: StoredRun, cuts: Sequence[CutRow], by_state: Mapping[str, Mapping[str, int]]
) -> list[StreamAccount]:
    """Those that were read or compared, in the order of the customer's file, then those that are not in it any more."""
    names = dict.fromkeys((*customer.streams, *(cut.stream for cut in cuts), *by_state))
    checkpoints = run.report["checkpoint"]
    found = []
    for name in names:
        mine = [cut for cut in cuts if cut.stream == name]
        if not mine and name not in by_state:
            continue
        counts = [cut.counts for cut in mine if cut.state in COUNTED]
        outcomes = Outcomes.of(
            by_state.get(name, {}),
            held=sum(cut.counts.total for cut in mine if cut.state == CutState.HELD),
            unplanned=sum(cut.counts.total for cut in mine if cut.state == CutState.READY),
        )
        found.append(
            StreamAccount(
                stream=name,
                kind=customer.streams[name].recipe.writes if name in customer.streams else "",
                rows=sum(cut.rows for cut in mine),
                is_complete=bool(mine) and all(cut.proven for cut in mine),
                creates=sum(count.creates for count in counts),
                updates=sum(count.updates for count in counts),
                deletes=sum(count.deletes for count in counts),
                unchanged=counts[-1].unchanged if counts else 0,
                outcomes=outcomes.as_dict(),
                checkpoint=checkpoints.get(name),
            )
        )
    return found
