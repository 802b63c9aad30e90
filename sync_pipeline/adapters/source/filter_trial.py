"""The filter of modified_since tried out: it must answer the newest record known, and nothing older than asked for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sync_pipeline.adapters.source.access import Access
from sync_pipeline.adapters.source.asking import asked_floor, planned_address
from sync_pipeline.adapters.source.body import records_of, total_of
from sync_pipeline.adapters.source.lists import Fetch
from sync_pipeline.adapters.source.pagination import pager_of
from sync_pipeline.adapters.source.sampling import keyed_or_not
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.connector import Modified
from sync_pipeline.domain.cut import KEY_COLUMN, Page, ReadPlan, Row, Strategy
from sync_pipeline.domain.errors import SourceError, SourceRefused
from sync_pipeline.domain.stream_sample import Filtering, FilterTrial
from sync_pipeline.domain.time_format import moment_of, unit_of

TO_COME = timedelta(days=1)
# A shorter overlap is for changes under way during a read. Whoever lets it span a day does so because of the filter.
OVERLAP_FOR_FILTER = timedelta(days=1)
# Rounding, an exclusive filter and days of another time zone each ask up to one unit earlier.
UNITS_EARLIER = 3
# A list sorted by anything but the modified time may hold the record on a later page. Its newest record is then tried
# instead: of a hundred thousand records, few changed after the newest of a hundred.
PAGES_TO_FIND = 2


class FilterTrier:
    """Asks one stream for what changed since a moment, as a run would."""

    def __init__(self, access: Access, fetch: Fetch, name: str, stream: ConnectorStream, modified: Modified) -> None:
        self._access = access
        self._fetch = fetch
        self._name = name
        self._stream = stream
        self._modified = modified

    async def trial(self, rows: Sequence[Row], overlap: timedelta) -> FilterTrial | None:
        """None where no row says when it changed.

        Raises:
            SourceRefused: the source answered 401 or 403.
        """
        if self._newest(rows) is None:
            return None
        try:
            outcome = await self._outcome(rows, overlap if overlap >= OVERLAP_FOR_FILTER else timedelta())
        except SourceRefused:
            raise
        except SourceError as error:
            return FilterTrial(Filtering.REFUSED, refusal=error.message)
        return FilterTrial(outcome, ignored=outcome is not Filtering.LOST and await self._ignored())

    async def _outcome(self, rows: Sequence[Row], overlap: timedelta) -> Filtering:
        for _ in range(PAGES_TO_FIND):
            newest = self._newest(rows)
            if newest is None:
                break
            since, key = newest
            rows, more = await self._page(since - overlap)
            if any(row[KEY_COLUMN] == key for row in rows):
                return Filtering.FOUND
            if not more:
                return Filtering.LOST
        return Filtering.UNDECIDED

    async def _ignored(self) -> bool:
        since = self._access.now() + TO_COME + UNITS_EARLIER * unit_of(self._modified.format)
        asked = asked_floor(self._modified, since)
        try:
            rows, _ = await self._page(since)
        except SourceRefused:
            raise
        except SourceError:
            # Whoever refuses a time in the future has looked at it.
            return False
        return any((moment := self._moment(row)) is not None and moment < asked for row in rows)

    async def _page(self, since: datetime) -> tuple[Sequence[Row], bool]:
        """The first page of what changed since then, and whether another one follows."""
        plan = ReadPlan(self._name, Strategy.MODIFIED_SINCE, since, concurrency=1, tries=1)
        address = planned_address(self._access.base, self._stream, plan)
        listing = self._access.listing_to_try(self._name, self._stream, address, since)
        pager, place = pager_of(listing), listing.place(1)
        body = await self._fetch(place, pager.first)
        rows = [keyed_or_not(listing, record, {}) for record in records_of(place, self._stream, body)]
        page = Page(rows=rows, total=total_of(place, self._stream, body))
        return rows, pager.after(place, pager.first, body, page) is not None

    def _newest(self, rows: Sequence[Row]) -> tuple[datetime, str | None] | None:
        """When the newest row changed, and its key."""
        moments = [(moment, row[KEY_COLUMN]) for row in rows if (moment := self._moment(row)) is not None]
        return max(moments, key=lambda found: found[0], default=None)

    def _moment(self, row: Row) -> datetime | None:
        return moment_of(row.get(self._modified.field), self._modified.format)
