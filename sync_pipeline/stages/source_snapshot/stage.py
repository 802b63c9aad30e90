"""The stage: every stream of the customer is read into a snapshot; a failing stream does not stop the others."""

from dataclasses import dataclass, field

import structlog

from sync_pipeline.domain.errors import SourceError
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.source_snapshot.prerequisites import confirm_prerequisites
from sync_pipeline.stages.source_snapshot.reading import StreamRead, read_stream

log = structlog.get_logger()

__all__ = ["SnapshotResult", "StreamRead", "take_snapshots"]


@dataclass(slots=True)
class SnapshotResult:
    """What the stage read; `failed` maps a stream to the reason."""

    reads: list[StreamRead] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


async def take_snapshots(context: StageContext) -> SnapshotResult:
    """Confirm the prerequisites, then read every stream.

    Raises:
        PausedError, PrerequisiteError, QuotaSpentError, SourceError: as `confirm_prerequisites`; nothing was read.
    """
    result = SnapshotResult(warnings=await confirm_prerequisites(context))
    for source_name in context.customer.sources:
        streams = [name for name, stream in context.customer.streams.items() if stream.source == source_name]
        async with context.open_source(source_name) as source:
            for stream in streams:
                try:
                    read = await read_stream(context, source, stream)
                except SourceError as error:
                    result.failed[stream] = error.message
                    context.fail(stream, error.message, error.remedy)
                    log.warning("stream_failed", customer=context.customer.id, stream=stream, code=error.code)
                else:
                    result.reads.append(read)
                    log.info("stream_read", customer=context.customer.id, stream=stream, cut=read.cut, rows=read.rows)
    return result
