"""What follows a page: the address of the next one, or none. One pager reads one list, page after page."""

from collections.abc import Mapping
from typing import Protocol

import httpx

from sync_pipeline.adapters.source.body import MISSING, kind_of, look_up
from sync_pipeline.adapters.source.links import counted, resolve
from sync_pipeline.adapters.source.listing import Listing
from sync_pipeline.adapters.source.numbered import Ahead, NumberPager, OffsetPager, pages_to_total
from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.domain.configuration.pagination import Cursor, NextLink, Offset, PageNumber, SinglePage
from sync_pipeline.domain.cut import Page
from sync_pipeline.domain.errors import SourceError

# VOMO's specification shows the text "null" where the live API answers null (reference: VOMO audit 6).
ENDS = (None, "", "null")
FLAGS = {True: True, False: False, "true": True, "false": False}
"""Also 1 and 0, which equal True and False."""


class Pager(Protocol):
    """Knows a list's first page, and from each page the next one."""

    @property
    def first(self) -> httpx.URL: ...

    @property
    def may_repeat(self) -> bool:
        """The page asked for now may hold the records of the one before, without the list going round in circles."""
        ...

    def after(self, place: Place, requested: httpx.URL, body: object, page: Page) -> httpx.URL | None:
        """The address of the page after the one at `requested`; None at the end of the list.

        Raises:
            SourceError: the body names the next page in another shape, or on another host.
        """
        ...

    @property
    def state(self) -> dict[str, int] | None:
        """What another pager of this list has to know, beside its address, to go on with the page after the last one.

        None where it could not.
        """
        ...

    def go_on(self, state: Mapping[str, int]) -> None:
        """Go on where another pager was."""
        ...

    def ahead(self, number: int, requested: httpx.URL, page: Page, following: httpx.URL) -> Ahead:
        """After page `number`, the first one of this pager: pages worth asking for before their turn."""
        ...

    def pages(self, page: Page) -> int | None:
        """After a page: how many there are, if anything tells."""
        ...


def pager_of(listing: Listing) -> Pager:
    match listing.paging:
        case NextLink():
            return LinkPager(listing.paging, listing)
        case Cursor():
            return CursorPager(listing.paging, listing.address)
        case PageNumber():
            return NumberPager(listing.paging, listing.address)
        case Offset():
            return OffsetPager(listing.paging, listing.address)
        case SinglePage():
            return SinglePager(listing.address)


class _Stateless:
    """The address of a page is all there is to know."""

    may_repeat = False

    @property
    def state(self) -> dict[str, int]:
        return {}

    def go_on(self, state: Mapping[str, int]) -> None: ...


class SinglePager(_Stateless):
    """A list of one page."""

    def __init__(self, address: httpx.URL) -> None:
        self.first = address

    def after(self, place: Place, requested: httpx.URL, body: object, page: Page) -> None:  # noqa: ARG002 - Pager's
        return None

    def ahead(self, number: int, requested: httpx.URL, page: Page, following: httpx.URL) -> Ahead:  # noqa: ARG002 - Pager's
        return iter(())

    def pages(self, page: Page) -> int:  # noqa: ARG002 - Pager's
        return 1


class LinkPager(_Stateless):
    """Each page names the address of the next one."""

    def __init__(self, paging: NextLink, listing: Listing) -> None:
        self.first = listing.address
        self._path = paging.path
        self._hidden = listing.hidden

    def after(self, place: Place, requested: httpx.URL, body: object, page: Page) -> httpx.URL | None:  # noqa: ARG002 - Pager's
        link = look_up(body, self._path)
        if link is MISSING:
            # A body that lost the object of its links would end the read early, and the rest would look deleted.
            holder = self._path.split(".")[0]
            if holder != self._path and look_up(body, holder) is MISSING:
                raise shape_error(place, f"the next page's link at `{self._path}`", f"no `{holder}`")
            return None
        if link in ENDS:
            return None
        if not isinstance(link, str):
            raise shape_error(place, f"a link or null at `{self._path}`", kind_of(link))
        return resolve(place, requested, link, self._hidden)

    def ahead(self, number: int, requested: httpx.URL, page: Page, following: httpx.URL) -> Ahead:
        """Links stay the truth; where they count by one, the pages that the total promises are asked for early."""
        counting = counted(requested, following)
        return iter(()) if counting is None else counting.addresses(number + 1, self.pages(page) or 0)

    def pages(self, page: Page) -> int | None:
        return pages_to_total(page)


class CursorPager(_Stateless):
    """Each page carries the value that asks for the next one."""

    def __init__(self, paging: Cursor, address: httpx.URL) -> None:
        self.first = address
        self._paging = paging

    def after(self, place: Place, requested: httpx.URL, body: object, page: Page) -> httpx.URL | None:  # noqa: ARG002 - Pager's
        cursor = look_up(body, self._paging.path)
        more = self._more(place, body)
        if more is False:
            return None
        if cursor is MISSING or cursor in ENDS:
            if more:
                raise _without_cursor(place, self._paging)
            return None
        if isinstance(cursor, bool) or not isinstance(cursor, str | int):
            raise shape_error(place, f"text, a number or null at `{self._paging.path}`", kind_of(cursor))
        return self.first.copy_set_param(self._paging.parameter, cursor)

    def ahead(self, number: int, requested: httpx.URL, page: Page, following: httpx.URL) -> Ahead:  # noqa: ARG002 - Pager's
        return iter(())

    def pages(self, page: Page) -> int | None:
        return pages_to_total(page)

    def _more(self, place: Place, body: object) -> bool | None:
        """What the body says about further pages; None when the connector names no place for it."""
        if self._paging.more is None:
            return None
        more = look_up(body, self._paging.more)
        if not isinstance(more, bool | int | str) or more not in FLAGS:
            raise shape_error(place, f"true or false at `{self._paging.more}`", kind_of(more))
        return FLAGS[more]


def _without_cursor(place: Place, paging: Cursor) -> SourceError:
    return SourceError(
        f"{place} says at `{paging.more}` that more follows, but gives no cursor at `{paging.path}`.",
        "Nothing of this read was used: its end cannot be reached. Compare the answer with `pagination.path` and "
        "`pagination.more` of the connector; if they are right, report it to the platform.",
    )
