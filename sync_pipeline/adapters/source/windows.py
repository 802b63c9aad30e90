"""A stream that is asked for in windows of time, one after the other, from its floor to now."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta

from sync_pipeline.adapters.source.guards import ReadGuard
from sync_pipeline.adapters.source.listing import Listing, ListPage
from sync_pipeline.adapters.source.lists import ListReader
from sync_pipeline.domain.configuration.connector import Modified
from sync_pipeline.domain.configuration.pagination import SinceUntil
from sync_pipeline.domain.time_format import ISO, rounded_down, rounded_up, spelled, unit_of, zone_slack

# The last window ends after now: a record that changes while older windows are read belongs to none of those any more,
# and the source's clock may be ahead of ours. Without it, such a record would look deleted.
AFTER_NOW = timedelta(hours=1)


def bounds(floor: datetime, width: timedelta, now: datetime) -> tuple[datetime, datetime, bool]:
    """The window that begins at `floor`, and whether it is the last one. The next begins where it ends."""
    end = floor + width
    return (floor, end, False) if end <= now else (floor, max(now + AFTER_NOW, floor), True)


class Windows:
    """The windows of one stream as lists to read. The windows are half-open and share their ends: no moment is lost.

    `modified` when the windows go by the modified time: an exclusive filter is then asked a unit earlier. A format
    coarser than a second makes the first window begin earlier and the last one end later.
    """

    def __init__(
        self,
        paging: SinceUntil,
        whole: Listing,
        floor: datetime,
        now: Callable[[], datetime],
        modified: Modified | None,
    ) -> None:
        described = whole.described.modified
        self._format = paging.format or (described.format if described else ISO)
        self._unit = unit_of(self._format)
        self._paging = paging
        self._whole = whole
        self._floor = floor
        self._now = now
        self._before = timedelta() if modified is None or modified.inclusive else self._unit

    async def listings(self) -> AsyncGenerator[Listing, None]:
        """The last window is made when its turn comes: reading the others may have taken hours."""
        floor, last = self._floor - zone_slack(self._format), False
        while not last:
            # Narrower than a unit, both ends would be spelled alike.
            since, until, last = bounds(floor, max(self._paging.window, self._unit), self._now())
            listing = self._listing(since, self._late(until) if last else until)
            yield listing if last else replace(listing, then=until.isoformat())
            floor = until

    def newest(self) -> Listing:
        """The last window alone, as wide as the others and more."""
        return self.since(self._now() - self._paging.window)

    def since(self, moment: datetime) -> Listing:
        """One window from a moment to its very end, be it in the future."""
        return self._listing(moment - zone_slack(self._format), self._late(max(moment, self._now()) + AFTER_NOW))

    def _late(self, until: datetime) -> datetime:
        return rounded_up(until, self._format) + zone_slack(self._format)

    def _listing(self, since: datetime, until: datetime) -> Listing:
        first = rounded_down(since, self._format) - self._before
        texts = spelled(first, self._format), spelled(rounded_down(until, self._format), self._format)
        address = self._whole.address.copy_set_param(self._paging.since, texts[0])
        return replace(
            self._whole,
            paging=self._paging.pages,
            address=address.copy_set_param(self._paging.until, texts[1]),
            within=f" (from {texts[0]} to {texts[1]})",
        )


async def window_pages(reader: ListReader, windows: Windows, guard: ReadGuard) -> AsyncGenerator[ListPage, None]:
    """The pages of all windows, numbered through."""
    page = 1
    async with aclosing(reader.opened(windows.listings())) as opened:
        async for listing, body in opened:
            guard.next_window()
            async with aclosing(reader.pages_to_total(listing, guard, body, page)) as pages:
                async for one in pages:
                    page += 1
                    yield one
