"""One list of records at one address: a whole stream, one window of it, or what lies below one parent."""

from dataclasses import dataclass
from typing import Any

import httpx

from sync_pipeline.adapters.source.list_cursor import ListCursor
from sync_pipeline.adapters.source.place import Place
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.pagination import Paging
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN, PARENT_PREFIX, Page, Row, lacking_share
from sync_pipeline.domain.flatten import joined

RESERVED = frozenset({KEY_COLUMN, PARENT_COLUMN})


@dataclass(frozen=True, slots=True)
class Parent:
    """A record that other records are read below; `number` counts from 1 in the order they are walked."""

    stream: str
    number: int
    row: Row

    @property
    def key(self) -> str:
        """Its key, and those of all its own parents: what tells it apart from every other parent of the walk."""
        own, above = self.row[KEY_COLUMN] or "", self.row.get(PARENT_COLUMN)
        return own if above is None else joined([above, own])

    def columns(self) -> dict[str, str | None]:
        """What every row below it carries of it."""
        return {f"{PARENT_PREFIX}{name}": value for name, value in self.row.items() if name not in RESERVED}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to read to its end, from its first page or from `start`.

    `hidden` is the parameter that carries the token, if one does. `then` is the cursor that leads on once the list is
    read, where others follow it.
    """

    stream: str
    described: ConnectorStream
    paging: Paging
    address: httpx.URL
    hidden: str | None = None
    parent: Parent | None = None
    within: str = ""
    start: ListCursor | None = None
    then: str | None = None

    def place(self, page: int) -> Place:
        return Place(self.stream, page, self.within)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list, with the body it was read from.

    With the last page of all (`last`), a list that was compared with its total is `complete` or `short`; then the
    page says which share of the records is `lacking`.
    """

    page: Page
    place: Place
    body: Any
    last: bool
    complete: bool = False
    short: bool = False


class Tally:
    """Whether a list gave as many records as it says it holds: distinct keys against the last page's total."""

    def __init__(self) -> None:
        # Hashes, and of one list only: a walk over 100,000 parents stays small.
        self._keys: set[int] = set()
        self._total: int | None = None

    def add(self, page: Page) -> None:
        self._keys.update(hash(row[KEY_COLUMN]) for row in page.rows)
        if page.total is not None:
            self._total = page.total

    @property
    def matches(self) -> bool:
        return self._total is None or self._total == len(self._keys)

    @property
    def lacking(self) -> float:
        return lacking_share(self._total, len(self._keys))
