"""What would let a read run in circles or miss changes: refused, because the end of a read must be the true end."""

from collections.abc import Sequence

import httpx

from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.domain.cut import KEY_COLUMN, Page, Row
from sync_pipeline.domain.errors import SourceError

# Some APIs filter after paging and answer empty pages on the way; this many in a row is a paginator without an end.
EMPTY_PAGES = 100


class ReadGuard:
    """Watches one read page by page, in order."""

    def __init__(self, modified_field: str | None = None, *, filtered: bool = False) -> None:
        self._modified_field = modified_field
        self._filtered = filtered
        # Hashes: a read of 100,000 pages stays small.
        self._visited: set[int] = set()
        self._held: set[int] = set()
        self._held_in_window_before: set[int] = set()
        self._held_long_before: set[int] = set()
        self._empty = 0
        self._rows = 0
        self._dated = False

    def visit(self, place: Place, address: httpx.URL) -> None:
        """Refuse to ask for a page a second time."""
        mark = hash(str(address))
        if mark in self._visited:
            raise _repeating(f"{place} is one that was already read: the pagination is repeating.")
        self._visited.add(mark)

    def next_window(self) -> None:
        """Begin another window of time.

        Neighbouring windows may hold the same records: those of the moment between them. A source that ignores its
        window is found in the one after.
        """
        self._held_long_before |= self._held_in_window_before
        self._held_in_window_before, self._held = self._held, set()
        self.begin_again()

    def begin_again(self) -> None:
        """Let the same list, or the next window of it, be read from its first page on."""
        self._visited.clear()
        self._held.clear()
        self._empty = 0

    def accept(self, place: Place, page: Page, *, may_repeat: bool = False) -> None:
        """Refuse a page that repeats an earlier one, or that lost the field its filter goes by."""
        keys = tuple(row[KEY_COLUMN] for row in page.rows)
        if keys and not may_repeat:
            self._hold(place, hash(keys))
        self._empty = 0 if keys else self._empty + 1
        if self._empty >= EMPTY_PAGES:
            raise _repeating(f"{place} is the {EMPTY_PAGES}th empty page in a row, and each one names another.")
        self._rows += len(keys)
        if self._modified_field:
            dated = _has_value(page.rows, self._modified_field)
            self._dated = self._dated or dated
            if self._filtered and keys and not dated:
                raise self._undated(place)

    def end(self, place: Place) -> None:
        """Refuse a whole read without one modified time: its position could never move."""
        if self._modified_field and self._rows and not self._dated:
            raise self._undated(place)

    def _hold(self, place: Place, mark: int) -> None:
        if mark in self._held or mark in self._held_long_before:
            raise _repeating(f"{place} holds the same records as an earlier page: the pagination is repeating.")
        self._held.add(mark)

    def _undated(self, place: Place) -> SourceError:
        return shape_error(place, f"a modified time in `{self._modified_field}`", "none in any of its records")


def _has_value(rows: Sequence[Row], field: str) -> bool:
    return any(row.get(field) for row in rows)


def _repeating(message: str) -> SourceError:
    return SourceError(
        message,
        "Nothing of this read was used. Check `pagination` of the connector against the platform's documentation, "
        "or report it to the platform.",
    )
