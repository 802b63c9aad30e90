"""A stream that is read once per record of another stream, at any depth, flat in memory."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus

from sync_pipeline.adapters.source.access import Access
from sync_pipeline.adapters.source.asking import stream_address
from sync_pipeline.adapters.source.guards import ReadGuard
from sync_pipeline.adapters.source.listing import Listing, Parent, Tally
from sync_pipeline.adapters.source.lists import ListReader
from sync_pipeline.adapters.source.stream_pages import list_pages
from sync_pipeline.adapters.source.verdict import UnusableStatus
from sync_pipeline.adapters.source.walk_window import window_of
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.connector import Walk
from sync_pipeline.domain.cut import Page, ReadPlan, Strategy
from sync_pipeline.domain.errors import SourceError


async def walk_pages(
    access: Access, reader: ListReader, plan: ReadPlan, stream: ConnectorStream
) -> AsyncGenerator[Page, None]:
    """The pages below every parent of the walk's window, parent after parent; what went wrong below some comes last."""
    walker = _Walker(access, reader, plan)
    async with aclosing(walker.pages(plan.stream, stream, {})) as pages:
        async for page in pages:
            yield page
    if walker.notes:
        yield Page(rows=(), total=None, note=" ".join(walker.notes), lacking=walker.lacking)


class _Walker:
    """One walk: the same moment counts as now for all its levels."""

    def __init__(self, access: Access, reader: ListReader, plan: ReadPlan) -> None:
        self.notes: list[str] = []
        self.lacking = 0.0
        self._access = access
        self._reader = reader
        self._plan = plan
        self._now = plan.started_at or access.now()
        self._skipped = 0

    async def pages(self, name: str, stream: ConnectorStream, query: Mapping[str, str]) -> AsyncGenerator[Page, None]:
        """The rows of a walked stream; `query` goes to the list of its topmost parent.

        Raises:
            SourceError: every single parent is gone, or anything that fails a read of one list.
        """
        walked = vanished = short = 0
        async with aclosing(self._reader.opened(self._listings(name, stream, query))) as opened:
            async for listing, body in opened:
                walked += 1
                try:
                    pages = self._reader.pages_to_total(listing, ReadGuard(), body)
                    async with aclosing(pages):
                        async for one in pages:
                            short += one.short
                            yield replace(one.page, lacking=0.0, proven_parent=_key(listing) if one.complete else None)
                except UnusableStatus as error:
                    if error.status != HTTPStatus.NOT_FOUND:
                        raise
                    vanished += 1
        parents = stream.walk.parent if stream.walk else name
        if walked and vanished == walked and not self._skipped:
            raise _all_vanished(name, stream, parents, walked)
        if vanished:
            self.notes.append(
                f"{vanished} of {walked} records of {parents} vanished before {name} could be read below them "
                "(HTTP 404); what was known below them stays."
            )
        if short:
            self.lacking = max(self.lacking, short / walked)
            self.notes.append(
                f"{short} of {walked} records of {parents} tell another total of {name} than the records they gave, "
                "twice. What came is applied; nothing below them counts as deleted."
            )

    async def _listings(
        self, name: str, stream: ConnectorStream, query: Mapping[str, str]
    ) -> AsyncGenerator[Listing, None]:
        walk = stream.walk or Walk(parent=name)
        window = window_of(walk, self._now, unlimited_lookback=self._plan.unlimited_lookback)
        sent = {**window.parameters(walk.parameters), **query}
        async with aclosing(self._parents(walk.parent, sent)) as parents:
            async for parent in parents:
                if name == self._plan.stream and parent.key in self._plan.done_parents:
                    self._skipped += 1
                elif walk.time is None or window.holds(parent.row.get(walk.time)):
                    yield self._access.listing_below(name, stream, parent)

    async def _parents(self, name: str, query: Mapping[str, str]) -> AsyncGenerator[Parent, None]:
        stream = self._access.connector.stream(name)
        pages = self._root_pages(name, stream, query) if stream.walk is None else self.pages(name, stream, query)
        # Records may come twice when others appear during the read; below each of them is read once.
        seen: set[int] = set()
        async with aclosing(pages):
            async for page in pages:
                for row in page.rows:
                    parent = Parent(name, len(seen) + 1, row)
                    if (mark := hash(parent.key)) not in seen:
                        seen.add(mark)
                        yield parent

    async def _root_pages(
        self, name: str, stream: ConnectorStream, query: Mapping[str, str]
    ) -> AsyncGenerator[Page, None]:
        plan = ReadPlan(name, Strategy.FULL_SNAPSHOT, None, self._plan.concurrency, self._plan.tries)
        address = stream_address(self._access.base, name, stream).copy_merge_params(query)
        tally, short = Tally(), False
        async with aclosing(list_pages(self._access, self._reader, plan, stream, address)) as pages:
            async for one in pages:
                tally.add(one.page)
                short = short or one.short
                yield one.page
        if short or not tally.matches:
            self.lacking = max(self.lacking, tally.lacking)
            self.notes.append(
                f"The source tells another total of {name} than the records it gave; those it left out are walked "
                "when it gives them."
            )


def _key(listing: Listing) -> str | None:
    return listing.parent.key if listing.parent else None


def _all_vanished(name: str, stream: ConnectorStream, parents: str, walked: int) -> SourceError:
    return SourceError(
        f"Stream {name}: the path `{stream.path}` was not found (HTTP 404) below any of the {walked} walked records "
        f"of {parents}.",
        "Nothing of this read was used. Check `path` of the stream in the connector, and that the token may read it.",
    )
