"""What a read has brought and cost so far, kept in the store while it goes on."""

from sync_pipeline.domain.positions import CutRow, ReadSoFar
from sync_pipeline.ports import Source
from sync_pipeline.stages.context import ReadContext
from sync_pipeline.stages.source_snapshot.gathering import Gathered

SECONDS_BETWEEN_NOTES = 10.0


class ReadAccount:
    """Counts what the source is asked from now on, on top of what the cut cost before.

    `spent` is what finding out whether the source can be read took: it counts as part of the first read.
    """

    def __init__(self, context: ReadContext, source: Source, cut: CutRow, spent: ReadSoFar) -> None:
        self._context = context
        self._source = source
        self._cut = cut
        self._requests = source.requests - spent.requests - cut.so_far.requests
        self._pauses = source.pauses - spent.pauses - cut.so_far.pauses
        self._noted_at = context.clock.monotonic()

    @property
    def requests(self) -> int:
        return self._source.requests - self._requests

    def note(self, gathered: Gathered) -> None:
        so_far = ReadSoFar(
            requests=self.requests,
            pauses=self._source.pauses - self._pauses,
            pages=gathered.pages,
            records=gathered.records,
            total=gathered.total,
        )
        self._context.cuts.note_reading(self._context.keeper.lease, self._cut.cut, so_far)
        self._noted_at = self._context.clock.monotonic()

    def note_now_and_then(self, gathered: Gathered) -> None:
        """A person who looks sees it grow; a transaction for every page would cost as much as the page."""
        if self._context.clock.monotonic() - self._noted_at >= SECONDS_BETWEEN_NOTES:
            self.note(gathered)
