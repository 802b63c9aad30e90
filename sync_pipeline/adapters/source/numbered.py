"""Pages that are asked for by a number of ours: which page, or how many records come before it.

A page shorter than the others ends nothing: some platforms filter after they cut the pages.
"""

from collections.abc import Iterator, Mapping

import httpx

from sync_pipeline.adapters.source.body import MISSING, look_up, whole_number
from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.domain.configuration.pagination import Offset, PageNumber
from sync_pipeline.domain.cut import KEY_COLUMN, Page

Ahead = Iterator[tuple[int, httpx.URL]]
"""Numbers and addresses of pages worth asking for before their turn."""


def pages_to_total(page: Page) -> int | None:
    """How many pages the total makes when all are like this first one; None when there is no telling."""
    return -(-page.total // len(page.rows)) if page.rows and page.total else None


class NumberPager:
    """Page after page, to the last one that the body names; without one, to the total, or to the first empty page."""

    def __init__(self, paging: PageNumber, address: httpx.URL) -> None:
        self._paging = paging
        self._address = address
        self._number = paging.first
        self._last: int | None = None
        self._rows = 0
        self.may_repeat = False
        self.first = self._page(paging.first)

    def after(self, place: Place, requested: httpx.URL, body: object, page: Page) -> httpx.URL | None:  # noqa: ARG002 - Pager's
        self._rows += len(page.rows)
        self._last = self._told_last(place, body)
        self._number += 1
        return None if self._ended(page) else self._page(self._number)

    @property
    def state(self) -> dict[str, int]:
        return {"number": self._number, "rows": self._rows}

    def go_on(self, state: Mapping[str, int]) -> None:
        self._number, self._rows = state["number"], state["rows"]

    def ahead(self, number: int, requested: httpx.URL, page: Page, following: httpx.URL) -> Ahead:  # noqa: ARG002 - Pager's
        pages = range(number + 1, (self.pages(page) or 0) + 1)
        return ((ahead, self._page(self._paging.first + ahead - 1)) for ahead in pages)

    def pages(self, page: Page) -> int | None:
        return pages_to_total(page) if self._last is None else max(self._last - self._paging.first + 1, 1)

    def _ended(self, page: Page) -> bool:
        if self._last is not None:
            return self._number > self._last
        return not page.rows or (page.total is not None and self._rows >= page.total)

    def _told_last(self, place: Place, body: object) -> int | None:
        if self._paging.last is None:
            return None
        last = look_up(body, self._paging.last)
        if last is MISSING:
            raise shape_error(place, f"the last page's number at `{self._paging.last}`", "nothing there")
        return None if last is None else whole_number(place, f"`{self._paging.last}`", last)

    def _page(self, number: int) -> httpx.URL:
        return self._address.copy_set_param(self._paging.parameter, number)


class OffsetPager:
    """Asked for by how many records come before: up to the total, or to where none come.

    A page shorter than asked for has three possible reasons. The next page is asked for right behind its last record,
    and tells which: nothing there, and the list may be over; other records, and the platform gives fewer than it is
    asked for; the same ones, and it filters after it cut the pages, so that they are whole steps apart.
    """

    def __init__(self, paging: Offset, address: httpx.URL) -> None:
        self._paging = paging
        self._address = address.copy_set_param(paging.size_parameter, paging.size)
        self._offset = 0
        self._next_step = paging.size
        self._keys: frozenset[str | None] = frozenset()
        self._filters = False
        self.may_repeat = False
        self.first = self._page(0)

    def after(self, place: Place, requested: httpx.URL, body: object, page: Page) -> httpx.URL | None:  # noqa: ARG002 - Pager's
        keys = frozenset(row[KEY_COLUMN] for row in page.rows)
        if self.may_repeat and not keys - self._keys:
            self._filters = self._filters or bool(keys)
            self.may_repeat = False
            self._offset = self._next_step
        elif not keys:
            return None
        else:
            self._filters = self._filters or (self.may_repeat and bool(keys & self._keys))
            self._go_on(len(page.rows))
            self._keys = keys
        ended = page.total is not None and self._offset >= page.total
        return None if ended else self._page(self._offset)

    @property
    def state(self) -> dict[str, int] | None:
        # What a page that may repeat is compared with is not kept.
        if self.may_repeat:
            return None
        return {"offset": self._offset, "next_step": self._next_step, "filters": int(self._filters)}

    def go_on(self, state: Mapping[str, int]) -> None:
        self._offset, self._next_step, self._filters = state["offset"], state["next_step"], bool(state["filters"])

    def ahead(self, number: int, requested: httpx.URL, page: Page, following: httpx.URL) -> Ahead:  # noqa: ARG002 - Pager's
        step, offset = len(page.rows), self._offset
        pages = range(number + 1, (self.pages(page) or 0) + 1)
        return ((ahead, self._page(offset + (ahead - number - 1) * step)) for ahead in pages)

    def pages(self, page: Page) -> int | None:
        return pages_to_total(page)

    def _go_on(self, rows: int) -> None:
        self.may_repeat = rows < self._paging.size and not self._filters
        self._next_step = self._offset + self._paging.size
        self._offset = self._next_step if self._filters else self._offset + rows

    def _page(self, offset: int) -> httpx.URL:
        return self._address.copy_set_param(self._paging.parameter, offset)
