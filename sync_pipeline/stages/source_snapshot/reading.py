"""Reading one stream: pages into a cut, the cut into the snapshot."""

from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.configuration import ConnectorStream, CustomerStream
from sync_pipeline.domain.cut import KEY_COLUMN, ReadPlan, SealedCut, Strategy, StreamName
from sync_pipeline.domain.errors import SourceError
from sync_pipeline.domain.positions import CutState, Position
from sync_pipeline.domain.run import Layer
from sync_pipeline.ports import CutWriter, Source
from sync_pipeline.stages.context import ReadContext
from sync_pipeline.stages.layers import next_layer

SHORT_READ = (
    "The source of {stream} tells another total than the {keys} records it gave, twice. What came is applied; the read "
    "position stays, so the next run asks again."
)
READS_UNTIL_TOTALS_MATCH = 2  # DESIGN section 7: then the cut goes on without proof of absence


@dataclass(frozen=True, slots=True)
class StreamRead:
    """What became of one read. `proven`: the read holds every record there is, so a missing one is gone."""

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


@dataclass(frozen=True, slots=True)
class Spent:
    """What a source was asked in a run before its first read: requests, and the pauses that a 429 made."""

    requests: int = 0
    pauses: int = 0


NOTHING = Spent()


@dataclass(slots=True)
class _Pages:
    """Counts of one pass over the pages; the last page's total is the one that counts."""

    pages: int = 0
    total: int | None = None


async def read_stream(context: ReadContext, source: Source, stream: str, spent: Spent = NOTHING) -> StreamRead:
    """Read a stream and make the result its snapshot; `spent` counts as part of what the read cost.

    Raises:
        SourceError: the source must not be read on, or a mapped column vanished.
    """
    configured = context.customer.streams[stream]
    connector_stream = context.customer.connector_stream(stream)
    position = context.positions.position(context.customer.id, configured.source, stream)
    plan = plan_read(context, stream, configured, position)
    lease = context.keeper.lease
    cut = context.cuts.begin_cut(lease, context.run.run_id, position, plan.strategy, plan.since)
    name = context.stream_name(stream)
    requests, pauses = source.requests - spent.requests, source.pauses - spent.pauses
    writer = context.snapshots.open_cut(name, cut.cut, connector_stream.key)
    try:
        sealed, pages, matched = await _read_until_totals_match(source, plan, writer, connector_stream)
    finally:
        writer.discard()
        context.cuts.note_requests(lease, cut.cut, source.requests - requests, source.pauses - pauses)
    confirm_columns(context, plan, sealed, position)
    proven = matched and _proves_absence(plan, sealed, position)
    snapshot_cut = _into_snapshot(context, name, sealed, position, proven=proven)
    context.cuts.finish_read(
        lease,
        cut,
        # A complete read that no comparison has seen yet lives on in the snapshot: what it proved gone stays so.
        proven=proven or _has_uncompared_proof(context, stream),
        rows=sealed.rows,
        snapshot_cut=snapshot_cut,
        # Records that the source counted and did not give must be asked for again: the position may not pass them.
        newest_modified=sealed.newest_modified if matched else None,
        warning=None if matched else SHORT_READ.format(stream=stream, keys=sealed.rows),
    )
    return StreamRead(
        stream=stream,
        cut=cut.cut,
        strategy=plan.strategy,
        rows=sealed.rows,
        snapshot_rows=0 if snapshot_cut is None else context.snapshots.count(name, snapshot_cut),
        proven=proven,
        pages=pages,
        requests=source.requests - requests,
        newest_modified=sealed.newest_modified,
        warning=None if matched else SHORT_READ.format(stream=stream, keys=sealed.rows),
    )


def plan_read(
    context: ReadContext,
    stream: str,
    configured: CustomerStream,
    position: Position,
) -> ReadPlan:
    """What to ask for: everything on the first read of a stream, for full snapshots, and when a person wants it.

    An initial layer although every stream was read before is such a wish; while one stream is still unread the
    layer is initial by itself, and the others go on from where they are.
    """
    strategy = context.customer.strategy(stream)
    floor = position.read_position if position.snapshot_cut is not None else None
    wanted = context.run.layer == Layer.INITIAL and next_layer(context.customer, context.positions) != Layer.INITIAL
    incremental = strategy == Strategy.MODIFIED_SINCE and not wanted
    since = floor - configured.read.overlap if incremental and floor is not None else None
    return ReadPlan(stream, strategy, since, configured.read.concurrency, configured.read.tries)


async def _read_until_totals_match(
    source: Source, plan: ReadPlan, writer: CutWriter, connector_stream: ConnectorStream
) -> tuple[SealedCut, int, bool]:
    """Read, and read once more when the distinct keys differ from the last page's total.

    Both passes go into the same cut (the later row of a key wins): a record that slipped between two pages of the
    first pass is caught by the second.
    """
    modified_field = connector_stream.modified.field if connector_stream.modified else None
    pages = 0
    for attempt in range(1, READS_UNTIL_TOTALS_MATCH + 1):
        counted = await _read_pages(source, plan, writer)
        pages += counted.pages
        keys = writer.distinct_keys()
        matched = counted.total is None or keys == counted.total
        if matched or attempt == READS_UNTIL_TOTALS_MATCH:
            return writer.seal(modified_field), pages, matched
    raise AssertionError("the loop above always returns")


async def _read_pages(source: Source, plan: ReadPlan, writer: CutWriter) -> _Pages:
    counted = _Pages()
    async with aclosing(source.pages(plan)) as pages:
        async for page in pages:
            writer.write(page.rows)
            counted.pages += 1
            if page.total is not None:
                counted.total = page.total
    return counted


def confirm_columns(context: ReadContext, plan: ReadPlan, sealed: SealedCut, position: Position) -> None:
    """A mapped column that no record carries any more would read as empty for everybody: refuse the cut instead.

    In the few records of an incremental read a column may be missing because the API leaves out what is empty. There
    it has vanished when one of those records had a value in it before.
    """
    missing = set(context.mapping(plan.stream).columns) - set(sealed.columns) - {KEY_COLUMN}
    if missing and plan.since is not None and position.snapshot_cut is not None:
        name = context.stream_name(plan.stream)
        missing = context.snapshots.emptied_columns(name, sealed.cut, position.snapshot_cut, sorted(missing))
    if sealed.rows and missing:
        raise SourceError(
            f"The records of {plan.stream} no longer have {', '.join(sorted(missing))}, which the recipe maps.",
            "The source changed its answer, or the connector or recipe is wrong. Compare one record with the recipe "
            "and map the column that took its place; nothing of this stream was changed in Virtuous.",
        )


def _proves_absence(plan: ReadPlan, sealed: SealedCut, position: Position) -> bool:
    """Only a read of everything proves it; an empty answer where there were records proves nothing."""
    return plan.since is None and (sealed.rows > 0 or position.snapshot_cut is None)


def _has_uncompared_proof(context: ReadContext, stream: str) -> bool:
    uncompared = context.cuts.cuts(context.customer.id, [CutState.READ])
    return any(cut.proven for cut in uncompared if cut.stream == stream)


def _into_snapshot(
    context: ReadContext, name: StreamName, sealed: SealedCut, position: Position, *, proven: bool
) -> int | None:
    if proven or position.snapshot_cut is None:
        context.snapshots.replace_snapshot(name, sealed.cut)
        return sealed.cut
    return context.snapshots.merge_delta(name, sealed.cut, position.snapshot_cut)
