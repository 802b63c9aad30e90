"""Where a read begins: from nothing, or from the last page of one that was broken off."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sync_pipeline.domain.cut import ReadPlan, StreamName
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.positions import CutRow, CutState, Position
from sync_pipeline.ports import ReadJournal
from sync_pipeline.stages.context import ReadContext

LONGEST_BREAK = timedelta(hours=24)
"""Of one run, and of the first read of all: what it has brought is never older than what the run is about."""
LONGEST_BREAK_BETWEEN_RUNS = timedelta(hours=1)
"""A night must not end with what the source said the night before."""
WORTH_GOING_ON = timedelta(minutes=5)
"""Reading. Whoever runs again what was killed expects today's values, and a shorter read is soon done again."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A cut to read, the plan to read it by, and what it has brought so far."""

    cut: CutRow
    plan: ReadPlan
    journal: ReadJournal


def begin_read(context: ReadContext, plan: ReadPlan, position: Position) -> Beginning:
    """Go on with the read of this stream that was broken off, if it was to bring what this plan wants; or begin one."""
    name, terms = context.stream_name(plan.stream), read_terms(context, plan)
    for cut in context.cuts.cuts(context.customer.id, [CutState.READING]):
        if cut.stream != plan.stream:
            continue
        journal = _kept(context, name, cut, plan, terms, position)
        if journal is not None:
            context.cuts.adopt(context.keeper.lease, context.run.run_id, cut.cut)
            going_on = replace(plan, since=cut.since, started_at=cut.read_started_at)
            return Beginning(replace(cut, run_id=context.run.run_id), going_on, journal)
    cut = context.cuts.begin_cut(context.keeper.lease, context.run.run_id, position, plan.strategy, plan.since)
    started = replace(plan, started_at=cut.read_started_at)
    return Beginning(cut, started, context.snapshots.begin_journal(name, cut.cut, terms))


def _kept(
    context: ReadContext, name: StreamName, cut: CutRow, plan: ReadPlan, terms: str, position: Position
) -> ReadJournal | None:
    if plan.since is not None and (cut.since is None or cut.since > plan.since):
        return None  # it began later than what is wanted now
    now = context.clock.now()
    if cut.run_id == context.run.run_id:
        return context.snapshots.kept_journal(name, cut.cut, terms, now - LONGEST_BREAK)
    longest = LONGEST_BREAK if position.snapshot_cut is None else LONGEST_BREAK_BETWEEN_RUNS
    last_page_not_before = max(now - longest, cut.read_started_at + WORTH_GOING_ON)
    return context.snapshots.kept_journal(name, cut.cut, terms, last_page_not_before)


def read_terms(context: ReadContext, plan: ReadPlan) -> str:
    """What two reads must have in common for the pages of one to be those of the other."""
    source = context.customer.sources[context.customer.streams[plan.stream].source]
    return fingerprint(
        {
            "address": str(source.address),
            "connector": source.connector.model_dump_json(),
            "strategy": plan.strategy.value,
            "token": plan.token,
            "whole": str(plan.since is None),
            "unlimited_lookback": str(plan.unlimited_lookback),
        }
    )
