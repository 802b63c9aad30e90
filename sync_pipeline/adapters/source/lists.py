"""Reading lists to their end: one list page by page, or many lists of which several are under way at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx

from sync_pipeline.adapters.source.abreast import abreast
from sync_pipeline.adapters.source.body import read_page
from sync_pipeline.adapters.source.guards import ReadGuard
from sync_pipeline.adapters.source.links import resolve
from sync_pipeline.adapters.source.list_cursor import ListCursor
from sync_pipeline.adapters.source.listing import Listing, ListPage, Tally
from sync_pipeline.adapters.source.look_ahead import LookAhead
from sync_pipeline.adapters.source.pagination import pager_of
from sync_pipeline.adapters.source.place import Place

READS_UNTIL_TOTALS_MATCH = 2
"""As for a whole stream: a record that slipped between two pages is caught by the second reading."""

Fetch = Callable[[Place, httpx.URL], Awaitable[Any]]


class ListReader:
    """Reads the lists of one plan; `concurrency` bounds the requests under way, whatever they are for."""

    def __init__(self, fetch: Fetch, concurrency: int) -> None:
        self._fetch_now = fetch
        self._gate = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency

    async def pages(
        self,
        listing: Listing,
        guard: ReadGuard,
        opened: Awaitable[Any] | None = None,
        first_page: int = 1,
    ) -> AsyncGenerator[ListPage, None]:
        """The pages of one list. `opened` is the first one's body when it was asked for already."""
        pager, start = pager_of(listing), listing.start
        number, address = 1, pager.first
        place = listing.place(first_page)
        if start is not None:
            number, place = start.page, listing.place(start.page)
            address = resolve(place, pager.first, start.address, listing.hidden)
            pager.go_on(start.state)
        begun = number

        async def fetch(page: int, ahead: httpx.URL) -> Any:
            return await self._fetch(listing.place(first_page + page - 1), ahead)

        async with LookAhead(fetch, self._concurrency) as ahead:
            while True:
                guard.visit(place, address)
                body = await (opened if opened is not None else ahead.body(number, address))
                opened = None
                page = read_page(place, listing.described, body, listing.parent)
                guard.accept(place, page, may_repeat=pager.may_repeat)
                following = pager.after(place, address, body, page)
                if following is not None and number == begun and self._concurrency > 1:
                    ahead.expect(pager.ahead(number, address, page, following))
                number += 1
                goes_on = ListCursor.before(number, following, pager.state)
                page = replace(page, cursor=None if goes_on is None else goes_on.encode())
                yield ListPage(page, place, body, last=following is None)
                if following is None:
                    break
                place, address = listing.place(place.page + 1), following
        guard.end(place)

    async def pages_to_total(
        self, listing: Listing, guard: ReadGuard, opened: Awaitable[Any] | None, first_page: int = 1
    ) -> AsyncGenerator[ListPage, None]:
        """The pages of a list that carries a total of its own, read once more when it gives another number of records.

        Records may come twice; the pages carry no total any more, and only the last one a cursor.
        """
        tally, page = Tally(), first_page
        for attempt in range(1, READS_UNTIL_TOTALS_MATCH + 1):
            async with aclosing(self.pages(listing, guard, opened, page)) as pages:
                async for one in pages:
                    tally.add(one.page)
                    page += 1
                    decided = one.last and (tally.matches or attempt == READS_UNTIL_TOTALS_MATCH)
                    yield replace(
                        one,
                        page=replace(
                            one.page,
                            total=None,
                            lacking=tally.lacking if decided else 0.0,
                            cursor=listing.then if decided else None,
                        ),
                        last=decided,
                        complete=decided and tally.matches,
                        short=decided and not tally.matches,
                    )
            if tally.matches:
                break
            guard.begin_again()
            opened = None

    async def opened(
        self, listings: AsyncGenerator[Listing, None]
    ) -> AsyncGenerator[tuple[Listing, "asyncio.Task[Any]"], None]:
        """Lists in their order, the first pages of several asked for at once."""

        async def first_body(listing: Listing) -> Any:
            return await self._fetch(listing.place(1), pager_of(listing).first)

        # Closed from the inside out: first what was started for the lists, then what names them.
        async with aclosing(listings), aclosing(abreast(listings, first_body, self._concurrency)) as pairs:
            async for pair in pairs:
                yield pair

    async def _fetch(self, place: Place, address: httpx.URL) -> Any:
        async with self._gate:
            return await self._fetch_now(place, address)
