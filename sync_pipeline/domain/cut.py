"""A cut: one read of a stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

KEY_COLUMN = "_key"
"""Name of the column that holds a record's key as text, in every Parquet file of ours."""

Row = Mapping[str, str | None]
"""A record as it arrives from a source: every value is text, nested objects are flattened to `a.b`."""


class Strategy(StrEnum):
    MODIFIED_SINCE = "modified_since"
    FULL_SNAPSHOT = "full_snapshot"
    CHANGES_SINCE = "changes_since"
    WALK_PARENTS = "walk_parents"


@dataclass(frozen=True, slots=True)
class StreamName:
    """One stream of one customer."""

    customer_id: str
    stream: str


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to ask the source for. `since` is the floor of modified_since, overlap already subtracted."""

    stream: str
    strategy: Strategy
    since: datetime | None
    concurrency: int
    tries: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a read. `total` is what the source says the whole read holds, if it says so."""

    rows: Sequence[Row]
    total: int | None


@dataclass(frozen=True, slots=True)
class SealedCut:
    """A finished read on disk: `rows` distinct keys, the newest modified time among them, the columns seen."""

    cut: int
    rows: int
    newest_modified: datetime | None
    columns: tuple[str, ...]
