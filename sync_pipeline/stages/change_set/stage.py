"""The stage: one change set per stream that was read, after what earlier runs left is planned."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from sync_pipeline.domain.change import Change, ChangeCounts
from sync_pipeline.domain.diff import DiffRequest
from sync_pipeline.domain.errors import BusyError, SyncError
from sync_pipeline.domain.positions import CutRow, CutState, Position
from sync_pipeline.ports import ChangeSetWriter
from sync_pipeline.stages.change_set.diffing import Diff, differences, prepare
from sync_pipeline.stages.change_set.guarding import measured, verdict
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.planning import plan_ready_cuts

log = structlog.get_logger()

CLOCK_TOLERANCE = timedelta(hours=1)
CHANGES_PER_WRITE = 5_000
FOLD_AFTER_ROWS = 5_000
FOLD_AFTER_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class StreamChanges:
    """The change set of one cut."""

    stream: str
    cut: int
    counts: ChangeCounts
    proven: bool
    read_position: datetime | None


@dataclass(slots=True)
class ChangeSetResult:
    changes: list[StreamChanges] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def make_change_sets(context: StageContext) -> ChangeSetResult:
    """Diff every stream whose newest cut has not been compared yet. A failing stream does not stop the others."""
    plan_ready_cuts(context)
    result = ChangeSetResult()
    for cut in context.cuts.cuts(context.customer.id, [CutState.READ]):
        if cut.stream not in context.customer.streams:
            continue  # taken out of the customer's file since it was read
        try:
            result.changes.append(make_change_set(context, cut))
        except BusyError:
            raise
        except SyncError as error:
            result.failed[cut.stream] = error.message
            context.fail(cut.stream, error.message, error.remedy)
    return result


def make_change_set(context: StageContext, cut: CutRow) -> StreamChanges:
    """Compare one cut with what Virtuous acknowledged, and make the differences durable."""
    position = context.positions.position(context.customer.id, cut.source, cut.stream)
    mapping = context.mapping(cut.stream)
    comparison = prepare(context, cut, position, mapping)
    name = context.stream_name(cut.stream)
    writer = context.snapshots.open_change_set(name, cut.cut)
    diff = Diff(measured=measured(context, cut))
    try:
        _write_changes(writer, differences(comparison, diff))
        writer.seal()
    finally:
        writer.discard()
    rows = context.snapshots.count(name, comparison.request.cut)
    folded = None
    if _worth_folding(diff, comparison.request, rows):
        context.snapshots.fold_acknowledged(comparison.request, cut.cut, keep=diff.changed_keys)
        folded = (cut.cut, mapping.hash)
    moved = read_position(cut, position, context.customer.streams[cut.stream].read.overlap)
    counts = diff.counts(rows)
    judged = verdict(context, cut, rows, diff.measured, context.held.different_since)
    context.cuts.finish_diff(
        context.keeper.lease,
        cut,
        counts,
        read_position=moved,
        folded=folded,
        held=judged.held,
        approved_by=judged.approved_by,
    )
    if judged.held is not None:
        log.warning("change_set_held", stream=cut.stream, cut=cut.cut, changes=counts.total)
    log.info(
        "stream_compared",
        stream=cut.stream,
        cut=cut.cut,
        creates=counts.creates,
        updates=counts.updates,
        deletes=counts.deletes,
        unchanged=counts.unchanged,
    )
    return StreamChanges(cut.stream, cut.cut, counts, cut.proven, moved)


def _write_changes(writer: ChangeSetWriter, changes: Iterable[Change]) -> None:
    rows: list[dict[str, str | None]] = []
    for change in changes:
        rows.append(change.as_row())
        if len(rows) >= CHANGES_PER_WRITE:
            writer.write(rows)
            rows.clear()
    if rows:
        writer.write(rows)


def read_position(cut: CutRow, position: Position, overlap: timedelta) -> datetime | None:
    """The newest source time read, never backwards.

    A record dated in the future (a wrong clock at the source) must not push the position past records that are yet
    to come: the position stops at the moment the read began. Neither must a record that changed while the read went
    on, past another one that changed on a page already read: what the next read's overlap does not cover of the
    duration is taken off.
    """
    if cut.newest_modified is None:
        return position.read_position
    newest = cut.newest_modified
    if newest > cut.read_started_at + max(CLOCK_TOLERANCE, cut.duration):
        newest = cut.read_started_at
    elif newest > cut.read_started_at - CLOCK_TOLERANCE:
        newest -= max(cut.duration - overlap, timedelta())
    return newest if position.read_position is None else max(newest, position.read_position)


def _worth_folding(diff: Diff, request: DiffRequest, rows: int) -> bool:
    """Writing the index costs about half a raw join of the snapshot: only when the rows since would cost as much."""
    if request.index_cut is None or request.remap:
        return True
    return max(len(request.acknowledged), diff.settled) > max(FOLD_AFTER_ROWS, FOLD_AFTER_SHARE * rows)
