"""Reading one stream: pages into a cut, the cut into the snapshot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN, ReadPlan, SealedCut, Strategy, StreamName
from sync_pipeline.domain.errors import BusyError, ParkedError, SourceError, SourceRefused, SourceUnavailable
from sync_pipeline.domain.positions import NOTHING_READ, CutState, Position, ReadSoFar
from sync_pipeline.domain.run import Layer
from sync_pipeline.domain.schema_changes import compare_columns
from sync_pipeline.ports import Source
from sync_pipeline.stages.context import ReadContext
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.stages.source_snapshot.account import ReadAccount
from sync_pipeline.stages.source_snapshot.beginning import Beginning, begin_read
from sync_pipeline.stages.source_snapshot.gathering import Gathered, gather
from sync_pipeline.telemetry import span

log = structlog.get_logger()

KEPT_FOR_ANOTHER_TIME = (SourceUnavailable, SourceRefused, ParkedError, BusyError)
"""What says nothing against the pages read so far."""

EMPTY_READ = (
    "The source of {stream} gave no record at all, where there were {known}. Nothing counts as gone; look whether the "
    "account was emptied, or the token sees another one."
)
MUCH = 0.05
YESTERDAY = timedelta(days=1)
"""A smaller part of a list may be hidden from the token, or have slipped between two pages: told, and not failed."""
SHORT_READS_BEFORE_FAILING = 2
SHORT_READ = (
    "The source of {stream} tells another total than the {keys} records it gave, twice. What came is applied; the read "
    "position stays, so the next run asks again."
)


@dataclass(frozen=True, slots=True)
class StreamRead:
    """What became of one read.

    `proven`: a record that is not in the snapshot now is gone. `columns` are the JSON kinds of each column of this
    read, such as `number|text`, a walked stream's parents' left out; empty where only nulls came. `schema_changes`
    say how they differ from those of the reads before. `short_reads`: how many reads in a row, this one
    included, the source answered with clearly fewer records than it counts.
    """

    stream: str
    cut: int
    strategy: Strategy
    rows: int
    snapshot_rows: int
    proven: bool
    pages: int
    requests: int
    newest_modified: datetime | None
    warning: str | None
    columns: Mapping[str, str]
    schema_changes: tuple[str, ...] = ()
    short_reads: int = 0

    @property
    def keeps_falling_short(self) -> bool:
        """Too often in a row to be chance."""
        return self.short_reads >= SHORT_READS_BEFORE_FAILING


async def read_stream(context: ReadContext, source: Source, stream: str, spent: ReadSoFar = NOTHING_READ) -> StreamRead:
    """Read a stream and make the result its snapshot; `spent` counts as part of what the read cost.

    A read that was broken off goes on after its last page; where the source does not know that page any more, it
    begins again.

    Raises:
        SourceError: the source must not be read on, or a mapped column vanished.
        ParkedError: the time is over; the pages so far are kept.
    """
    with span("read", stream=stream) as reading:
        read = await _read_stream(context, source, stream, spent)
        reading.note(cut=read.cut, rows=read.rows, pages=read.pages)
        return read


async def _read_stream(context: ReadContext, source: Source, stream: str, spent: ReadSoFar) -> StreamRead:
    configured = context.customer.streams[stream]
    position = context.positions.position(context.customer.id, configured.source, stream)
    plan = plan_read(context, stream, configured, position)
    beginning = begin_read(context, plan, position)
    try:
        return await _read(context, source, position, beginning, spent)
    except KEPT_FOR_ANOTHER_TIME:
        raise
    except SourceError as error:
        if not beginning.journal.resumed or beginning.journal.grew:
            raise
        log.warning("read_restarted", cut=beginning.cut.cut, code=error.code)
    return await _read(context, source, position, begin_read(context, plan, position), NOTHING_READ)


async def _read(
    context: ReadContext, source: Source, position: Position, beginning: Beginning, spent: ReadSoFar
) -> StreamRead:
    """Read to the end; what was read until then is kept for another time if that may mend what went wrong."""
    journal = beginning.journal
    log.info(
        "read_began",
        cut=beginning.cut.cut,
        strategy=beginning.plan.strategy.value,
        whole=beginning.plan.since is None and beginning.plan.token is None,
        resumed=journal.resumed,
    )
    try:
        read = await _read_to_the_end(context, source, position, beginning, spent)
    except KEPT_FOR_ANOTHER_TIME:
        raise
    except Exception:
        journal.discard()
        raise
    else:
        journal.discard()
        return read
    finally:
        journal.close()


async def _read_to_the_end(
    context: ReadContext, source: Source, position: Position, beginning: Beginning, spent: ReadSoFar
) -> StreamRead:
    plan, cut, stream = beginning.plan, beginning.cut, beginning.plan.stream
    connector_stream = context.customer.connector_stream(stream)
    name, lease = context.stream_name(stream), context.keeper.lease
    gathered = Gathered(whole=plan.since is None and plan.token is None)
    account = ReadAccount(context, source, cut, spent)
    writer = context.snapshots.open_cut(name, cut.cut, connector_stream.key)

    def after_page(*, can_go_on: bool) -> None:
        account.note_now_and_then(gathered)
        if can_go_on and (why := context.must_stop) is not None:
            raise ParkedError(context.clock.now(), why)

    try:
        await gather(source, plan, writer, beginning.journal, gathered, after_page)
        modified = connector_stream.modified
        sealed = writer.seal(modified.field, modified.format) if modified else writer.seal(None)
    finally:
        writer.discard()
        account.note(gathered)
    schema = compare_columns(position.columns, gathered.columns, complete=_is_complete(plan, gathered))
    confirm_columns(context, plan, gathered, sealed, position, schema.changes)
    proven = _proves_absence(beginning, gathered, sealed, position)
    snapshot_cut = _into_snapshot(context, name, plan, gathered, sealed, position, proven=proven)
    warning = _warning(context, stream, gathered, sealed, position)
    short_reads = position.short_reads + 1 if gathered.lacking > MUCH else 0
    context.cuts.finish_read(
        lease,
        cut,
        # A complete read that no comparison has seen yet lives on in the snapshot: what it proved gone stays so.
        proven=proven or _has_uncompared_proof(context, stream),
        rows=sealed.rows,
        snapshot_cut=snapshot_cut,
        # Records that the source counted and did not give must be asked for again: the position may not pass them.
        newest_modified=sealed.newest_modified if gathered.matched else None,
        changes_token=gathered.token if gathered.matched else None,
        columns=schema.columns,
        schema_changes=schema.changes,
        warning=warning,
        short_reads=short_reads,
    )
    return StreamRead(
        stream=stream,
        cut=cut.cut,
        strategy=plan.strategy,
        rows=sealed.rows,
        snapshot_rows=0 if snapshot_cut is None else context.snapshots.count(name, snapshot_cut),
        proven=proven,
        pages=gathered.pages,
        requests=account.requests,
        newest_modified=sealed.newest_modified,
        warning=warning,
        columns=gathered.columns,
        schema_changes=schema.changes,
        short_reads=short_reads,
    )


def plan_read(
    context: ReadContext,
    stream: str,
    configured: CustomerStream,
    position: Position,
) -> ReadPlan:
    """What to ask for: everything on the first read of a stream, for full snapshots, and when a person wants it.

    An initial layer although every stream was read before is such a wish; while one stream is still unread the
    layer is initial by itself, and the others go on from where they are. A reconciliation reads what changed since
    yesterday once more, the weekly one everything.
    """
    strategy = context.customer.strategy(stream)
    wanted = context.run.is_full or (context.run.layer == Layer.INITIAL and not _is_first(context))
    goes_on = position.snapshot_cut is not None and not wanted
    floor = position.read_position if goes_on and strategy is Strategy.MODIFIED_SINCE else None
    if floor is not None and context.run.layer == Layer.RECONCILE:
        floor = min(floor, context.clock.now() - YESTERDAY)
    return ReadPlan(
        stream,
        strategy,
        since=None if floor is None else floor - configured.read.overlap,
        concurrency=configured.read.concurrency,
        tries=configured.read.tries,
        token=position.changes_token if goes_on and strategy is Strategy.CHANGES_SINCE else None,
        unlimited_lookback=not goes_on,
    )


def _is_first(context: ReadContext) -> bool:
    """Whether some stream was never read before."""
    return next_layer(context.customer, context.positions) == Layer.INITIAL


def _is_there(column: str, columns: Collection[str]) -> bool:
    """Also where the object that would hold it is null in every record: a small account may have no address at all."""
    names = column.split(".")
    return any(".".join(names[:levels]) in columns for levels in range(1, len(names) + 1))


def confirm_columns(
    context: ReadContext,
    plan: ReadPlan,
    gathered: Gathered,
    sealed: SealedCut,
    position: Position,
    schema_changes: Sequence[str] = (),
) -> None:
    """A mapped column that no record carries any more would read as empty for everybody: refuse the cut instead.

    In the few records of an incremental read or a walk a column may be missing because the API leaves out what is
    empty. There it has vanished when one of those records had a value in it before.
    """
    if not sealed.rows:
        return
    ours = {KEY_COLUMN, PARENT_COLUMN} if plan.strategy is Strategy.WALK_PARENTS else {KEY_COLUMN}
    required = set(context.mapping(plan.stream).required) - ours
    missing = {column for column in required if not _is_there(column, sealed.columns)}
    partial = not gathered.whole or plan.strategy is Strategy.WALK_PARENTS
    if missing and partial and position.snapshot_cut is not None:
        name = context.stream_name(plan.stream)
        missing = context.snapshots.emptied_columns(name, sealed.cut, position.snapshot_cut, sorted(missing))
    if missing:
        raise SourceError(
            f"The records of {plan.stream} no longer have {', '.join(sorted(missing))}, which the recipe maps.",
            "The source changed its answer, or the connector or recipe is wrong. Compare one record with the recipe "
            "and map the column that took its place; nothing of this stream was changed in Virtuous."
            + (f" What else changed: {', '.join(schema_changes)}." if schema_changes else ""),
        )


def _is_complete(plan: ReadPlan, gathered: Gathered) -> bool:
    """Whether every record was read, so that a column nobody has is gone. A walk in its window leaves parents out."""
    walks_all = plan.strategy is not Strategy.WALK_PARENTS or plan.unlimited_lookback
    return gathered.matched and gathered.whole and walks_all


def _proves_absence(beginning: Beginning, gathered: Gathered, sealed: SealedCut, position: Position) -> bool:
    """Only a read of everything proves it; an empty answer where there were records proves nothing.

    Neither does one that was broken off and has no total to be compared with: for hours, whatever was deleted may have
    moved others from a page that was not read yet to one that was.

    A walk drops from the snapshot what it proved gone, and nothing else: whatever is not there now is gone.
    """
    if beginning.plan.strategy is Strategy.WALK_PARENTS:
        return True
    if beginning.journal.resumed and gathered.total is None and position.snapshot_cut is not None:
        return False
    return gathered.matched and gathered.whole and (sealed.rows > 0 or position.snapshot_cut is None)


def _has_uncompared_proof(context: ReadContext, stream: str) -> bool:
    uncompared = context.cuts.cuts(context.customer.id, [CutState.READ])
    return any(cut.proven for cut in uncompared if cut.stream == stream)


def _into_snapshot(
    context: ReadContext,
    name: StreamName,
    plan: ReadPlan,
    gathered: Gathered,
    sealed: SealedCut,
    position: Position,
    *,
    proven: bool,
) -> int | None:
    walks = plan.strategy is Strategy.WALK_PARENTS
    if position.snapshot_cut is None or (proven and not walks):
        context.snapshots.replace_snapshot(name, sealed.cut)
        return sealed.cut
    # Empty answers below every parent are more likely a defect of the source than everybody's departure.
    proven_parents = gathered.proven_parents if sealed.rows else ()
    return context.snapshots.merge_delta(name, sealed.cut, position.snapshot_cut, proven_parents)


def _warning(
    context: ReadContext, stream: str, gathered: Gathered, sealed: SealedCut, position: Position
) -> str | None:
    short = [] if gathered.matched else [SHORT_READ.format(stream=stream, keys=sealed.rows)]
    empty = []
    if sealed.rows == 0 and gathered.whole and position.snapshot_cut is not None:
        known = context.snapshots.count(context.stream_name(stream), position.snapshot_cut)
        empty = [EMPTY_READ.format(stream=stream, known=known)] if known else []
    return " ".join([*gathered.notes, *short, *empty]) or None
