"""A cut: one read of a stream."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync_pipeline.domain.json_kinds import Kinds

KEY_COLUMN = "_key"
"""Name of the column that holds a record's key as text, in every Parquet file of ours."""

PARENT_COLUMN = "_parent"
"""Name of the column that holds the key of the record that a walked record was found below."""

PARENT_PREFIX = "parent."
"""Begins the names of a parent's columns in the rows found below it."""

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
    """What to ask the source for.

    `since` is the floor of modified_since, overlap already subtracted; `token` is what changes_since goes on from;
    `unlimited_lookback` lets walk_parents walk parents of any age. A read that began before goes on `after` the cursor
    of one of its pages, walks no parent of `done_parents` again, and walks as of `started_at`.
    """

    stream: str
    strategy: Strategy
    since: datetime | None
    concurrency: int
    tries: int
    token: str | None = None
    unlimited_lookback: bool = False
    after: str | None = None
    done_parents: Collection[str] = ()
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a read. `total` is what the source says the whole read holds, if it says so.

    kinds: the JSON kinds of each column of these records, their parents' columns left out.
    short: a part of the read tells another total than the records it gave, at its second reading too.
    lacking: the share of its records (0 to 1) that a part of the read counts and does not give; of a walk, the share of
    parents that such parts lie below.
    proven_parent: with this page, everything below the parent of this key is read.
    token: the last page's, to go on from with the next changes_since.
    from_nothing: the source no longer knew the plan's token, and the read began again without it.
    note: what a person should know about this read.
    cursor: where another process can go on after this page; None where only an earlier page's leads on.
    """

    rows: Sequence[Row]
    total: int | None
    kinds: Kinds = field(default_factory=dict, compare=False)
    short: bool = False
    lacking: float = 0.0
    proven_parent: str | None = None
    token: str | None = None
    from_nothing: bool = False
    note: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SealedCut:
    """A finished read on disk: `rows` distinct keys, the newest modified time among them, the columns seen."""

    cut: int
    rows: int
    newest_modified: datetime | None
    columns: tuple[str, ...]


def lacking_share(total: int | None, keys: int) -> float:
    """The share of the records, 0 to 1, that a list counts and does not give."""
    return 0.0 if not total else max(0.0, 1 - keys / total)
