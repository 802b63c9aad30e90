"""One page of a stream looked at closely, before anything is read in earnest."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

from sync_pipeline.adapters.source.access import Access
from sync_pipeline.adapters.source.asking import stream_address
from sync_pipeline.adapters.source.body import read_page, records_of, total_of
from sync_pipeline.adapters.source.listing import Listing, Parent
from sync_pipeline.adapters.source.lists import Fetch
from sync_pipeline.adapters.source.pagination import Pager, pager_of
from sync_pipeline.domain import json_kinds
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.cut import KEY_COLUMN, Page, Row
from sync_pipeline.domain.errors import SourceError, SourceRefused
from sync_pipeline.domain.flatten import flatten, record_key
from sync_pipeline.domain.stream_sample import StreamSample

NO_KEY = "none"
MOST_PARENTS = 1


class Sampler:
    """Asks for single pages."""

    def __init__(self, access: Access, fetch: Fetch) -> None:
        self._access = access
        self._fetch = fetch

    async def first_page(self, listing: Listing) -> Page:
        """The first page of a list, checked like the first page of a read.

        Raises:
            SourceError: the page is not what the connector describes, or there is no answer.
        """
        pager, place = pager_of(listing), listing.place(1)
        body = await self._fetch(place, pager.first)
        page = read_page(place, listing.described, body, listing.parent)
        pager.after(place, pager.first, body, page)
        return page

    async def sample(self, name: str, stream: ConnectorStream, limit: int) -> StreamSample:
        """One page of the stream; of a walked one, below the first record of each page of its parents.

        Raises:
            SourceError: no list of records where the connector says, or no record to read below.
        """
        if stream.walk is None:
            address = stream_address(self._access.base, name, stream)
            return await self._look(self._access.listing_to_try(name, stream, address), limit, [])
        above = self._access.connector.stream(stream.walk.parent)
        parent = await self.sample(stream.walk.parent, above, MOST_PARENTS)
        if not parent.rows:
            raise SourceError(
                f"Stream {name} is read below the records of {stream.walk.parent}, and its first page holds none.",
                f"Create one record of {stream.walk.parent} in the platform, or check the connector with an account "
                "that has some.",
            )
        listing = self._access.listing_below(name, stream, Parent(stream.walk.parent, 1, parent.rows[0]))
        return await self._look(listing, limit, [*parent.ancestors, parent])

    async def _look(self, listing: Listing, limit: int, ancestors: Sequence[StreamSample]) -> StreamSample:
        stream, place, pager = listing.described, listing.place(1), pager_of(listing)
        body = await self._fetch(place, pager.first)
        records = records_of(place, stream, body)
        kinds: dict[str, int] = {}
        rows = [keyed_or_not(listing, record, kinds) for record in records]
        total = total_of(place, stream, body)
        page = Page(rows=rows, total=total)
        following = pager.after(place, pager.first, body, page)
        modified = stream.modified.field if stream.modified else None
        return StreamSample(
            stream=listing.stream,
            address=self._shown(stream, pager.first),
            records_path=stream.records or "",
            records=len(rows),
            total=total,
            keys=dict(Counter(_alternative(row, stream) for row in rows)),
            modified_field=modified,
            modified=None if modified is None else sum(bool(row.get(modified)) for row in rows),
            columns={column: json_kinds.names(kind, null=True) for column, kind in kinds.items()},
            next_page=f"{listing.paging.kind}: {'found' if following is not None else 'no further page'}",
            pages=pager.pages(page) if following is not None else 1,
            ancestors=ancestors,
            rows=rows[:limit],
            next_trouble=None
            if following is None or limit < len(rows)
            else await self._trouble(listing, pager, following, page),
        )

    async def _trouble(self, listing: Listing, pager: Pager, following: httpx.URL, page: Page) -> str | None:
        """What would keep a read from going on with the page after the first one."""
        place = listing.place(2)
        try:
            records = records_of(place, listing.described, await self._fetch(place, following))
        except SourceRefused:
            raise
        except SourceError as error:
            return f"The next page is found, but cannot be read: {error.message}"
        keys = [keyed_or_not(listing, record, {})[KEY_COLUMN] for record in records]
        if keys and None not in keys and keys == [row[KEY_COLUMN] for row in page.rows] and not pager.may_repeat:
            return "The next page holds the same records as the first one: the platform ignores what asks for it."
        if not keys and page.total is not None and page.total > len(page.rows):
            return f"The platform says that there are {page.total} records, and the next page is empty."
        return None

    def _shown(self, stream: ConnectorStream, asked: httpx.URL) -> str:
        """Names and no values: a parameter may carry the token, a filled path the id of a record."""
        query = "&".join(f"{name}=…" for name in dict.fromkeys(asked.params.keys()))
        return f"{self._access.base}{stream.path}{f'?{query}' if query else ''}"


def keyed_or_not(listing: Listing, record: dict[str, Any], kinds: dict[str, int]) -> dict[str, str | None]:
    """A record as a row, its key null where a read would refuse it."""
    row = flatten(record, kinds) | (listing.parent.columns() if listing.parent else {})
    return row | {KEY_COLUMN: record_key(row, listing.described.key)}


def _alternative(row: Row, stream: ConnectorStream) -> str:
    for columns in stream.key:
        if all(row.get(column) for column in columns):
            return " + ".join(columns)
    return NO_KEY
