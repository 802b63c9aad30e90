"""The stage: every stream of the customer is read into a snapshot; a failing stream does not stop the others."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.errors import (
    BusyError,
    ParkedError,
    PrerequisiteError,
    SourceUnavailable,
    SyncError,
    TokenRefused,
)
from sync_pipeline.domain.positions import NOTHING_READ, CutState, ReadSoFar
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.platforms import judge_source
from sync_pipeline.stages.source_snapshot.beginning import WORTH_GOING_ON
from sync_pipeline.stages.source_snapshot.prerequisites import Fitness, confirm_not_paused, confirm_prerequisites
from sync_pipeline.stages.source_snapshot.reading import StreamRead, read_stream
from sync_pipeline.stopping import TOLD_TO_STOP

log = structlog.get_logger()

SHORT_AGAIN = (
    "The source gave clearly fewer records of {stream} than it counts, {reads} reads in a row. What came is applied; "
    "what did not come may be missing in Virtuous, and nothing counts as gone."
)
SHORT_REMEDY = (
    "Most likely the connector's `pagination` does not lead to the last page: compare it with the API's documentation "
    "and run `sync-pipeline sources check`. If the platform counts records that this token may not see, copy the "
    "connector and leave out `total`."
)

SILENT = "{source} was still not read when the time of a poll was over."
SILENT_REMEDY = "The next poll tries again. If it stays so, look at `base_url` of the source, or ask the platform."

__all__ = ["SnapshotResult", "StreamRead", "poll_snapshots", "take_snapshots"]


@dataclass(slots=True)
class SnapshotResult:
    """What the stage read; `failed` maps a stream to the reason.

    `read_before`: streams that an earlier slice read, and nothing has compared yet.
    """

    reads: list[StreamRead] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    read_before: list[str] = field(default_factory=list)

    @property
    def incomplete(self) -> list[str]:
        """Streams whose source gave less than it should, or could not show that it gave everything."""
        return [
            read.stream
            for read in self.reads
            if read.warning is not None or (read.strategy is Strategy.FULL_SNAPSHOT and not read.proven)
        ]


async def take_snapshots(context: StageContext) -> SnapshotResult:
    """Confirm the prerequisites, then read every stream.

    Raises:
        PausedError, PrerequisiteError, SourceError: as `confirm_prerequisites`; nothing was read.
        ParkedError: as `confirm_prerequisites`, or the time is over: the next slice goes on where this one was.
    """
    result = SnapshotResult()
    async with _until_told_to_stop(context):
        fitness = await confirm_prerequisites(context)
        result.warnings, result.read_before = fitness.warnings, _read_before(context)
        await _read_sources(context, result, fitness, context.customer.streams)
    return result


async def poll_snapshots(
    context: StageContext, streams: Collection[str], patience: float | None = None
) -> SnapshotResult:
    """Read these streams only, and ask Virtuous nothing. A token that a source refuses shows in its reads.

    `patience`: so many seconds each source has at most. One that is silent would take minutes to be given up.

    Raises:
        PausedError: the breaker or a person stopped this customer.
        ParkedError: the time is over, or a source wants to be left alone: a slice goes on where this one was.
    """
    confirm_not_paused(context)
    result = SnapshotResult(read_before=_read_before(context))
    async with _until_told_to_stop(context):
        await _read_sources(context, result, Fitness([], {}, {}), streams, patience)
    return result


@asynccontextmanager
async def _until_told_to_stop(context: StageContext) -> AsyncGenerator[None]:
    try:
        async with context.stop.limiting():
            yield
    except TimeoutError:
        if not context.stop.is_requested:
            raise
        raise ParkedError(context.clock.now(), TOLD_TO_STOP) from None


async def _read_sources(
    context: StageContext,
    result: SnapshotResult,
    fitness: Fitness,
    wanted: Collection[str],
    patience: float | None = None,
) -> None:
    parks: list[ParkedError] = []
    for source, of_source in context.customer.streams_by_source.items():
        streams = [stream for stream in of_source if stream in wanted]
        if source in fitness.unfit:
            for stream in streams:
                _fail(context, result, stream, fitness.unfit[source])
            continue
        if not streams:
            continue
        try:
            async with _giving_up(context, result, source, streams, patience):
                await _read_source(context, result, source, streams, fitness.spent.get(source, NOTHING_READ))
        except PrerequisiteError as error:  # the token of this source is missing
            for stream in streams:
                _fail(context, result, stream, error)
        except ParkedError as error:
            if context.must_stop is not None:
                raise
            parks.append(error)  # this source wants to be left alone for a while; the others do not
    if parks:
        raise min(parks, key=lambda park: park.until)


@asynccontextmanager
async def _giving_up(
    context: StageContext, result: SnapshotResult, source: str, streams: list[str], patience: float | None
) -> AsyncGenerator[None]:
    """A source that is silent for too long: what it has not given until then has failed."""
    limit = asyncio.timeout(patience)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        error = SourceUnavailable(SILENT.format(source=source), SILENT_REMEDY)
        judge_source(context, source, error)
        read = {one.stream for one in result.reads} | result.failed.keys() | set(result.read_before)
        for stream in streams:
            if stream not in read:
                _fail(context, result, stream, error)


async def _read_source(
    context: StageContext, result: SnapshotResult, source_name: str, streams: list[str], spent: ReadSoFar
) -> None:
    read_any, unavailable = False, None
    async with context.open_source(source_name) as source:
        for stream in streams:
            if stream in result.read_before:
                continue
            if (why := context.must_stop) is not None:
                raise ParkedError(context.clock.now(), why)
            try:
                read = await read_stream(context, source, stream, spent)
            except (BusyError, ParkedError):
                raise
            except TokenRefused as error:
                _fail(context, result, stream, judge_source(context, source_name, error) or error)
            except SyncError as error:
                unavailable = error if isinstance(error, SourceUnavailable) else unavailable
                _fail(context, result, stream, error)
            else:
                read_any = True
                _add(context, result, read)
            spent = NOTHING_READ
    if read_any or unavailable is not None:
        judge_source(context, source_name, None if read_any else unavailable)


def _read_before(context: StageContext) -> list[str]:
    """What no slice of this run has to read again; of an initial load, no slice of a later run either."""
    customer_id, streams = context.customer.id, list[str]()
    for cut in context.cuts.cuts(customer_id, [CutState.READ]):
        if cut.run_id != context.run.run_id:
            first = context.cuts.diffed_snapshot(customer_id, cut.stream) is None
            if not first or cut.duration < WORTH_GOING_ON:
                continue  # a night must not end with what the source said the night before
            context.cuts.adopt(context.keeper.lease, context.run.run_id, cut.cut)
        streams.append(cut.stream)
    return streams


def _add(context: StageContext, result: SnapshotResult, read: StreamRead) -> None:
    result.reads.append(read)
    of_read = log.bind(stream=read.stream, cut=read.cut)
    if read.warning is not None:
        result.warnings.append(read.warning)
        of_read.warning("read_doubted", short_reads=read.short_reads)
    if read.keeps_falling_short:
        context.fail(read.stream, SHORT_AGAIN.format(stream=read.stream, reads=read.short_reads), SHORT_REMEDY)
    if read.schema_changes:
        of_read.warning("schema_changed", changes=read.schema_changes)
    of_read.info("stream_read", rows=read.rows, pages=read.pages, requests=read.requests, proven=read.proven)


def _fail(context: StageContext, result: SnapshotResult, stream: str, error: SyncError) -> None:
    result.failed[stream] = error.message
    context.fail(stream, error.message, error.remedy)
    log.warning("stream_failed", stream=stream, code=error.code)
