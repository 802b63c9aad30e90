"""What one page of a stream looks like against its connector's description: for people who write connectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sync_pipeline.domain.cut import Row


class Filtering(StrEnum):
    """What became of the newest record of a page when the stream was asked for what changed since then."""

    FOUND = "found"
    LOST = "lost"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """It is not on the page that was answered, and more pages follow."""


@dataclass(frozen=True, slots=True)
class FilterTrial:
    """The filter of modified_since, tried out.

    ignored: asked for what changes only after tomorrow, the platform answered older records.
    refusal: why there was no page to look at.
    """

    outcome: Filtering
    ignored: bool = False
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class StreamSample:
    """One page of a stream that the source answered with a 2xx; everything but `rows` is free of values.

    address: where it was read; query parameters by name only, and a parent's columns as in the connector's path.
    keys: how many records have which alternative of the key, such as `id` or `date + user`; `none` for those without.
    modified: how many records have a value in the modified field; None when the connector names none.
    columns: the JSON kinds of each column, such as `number|text|null`.
    next_page: how the next page is found, and whether there is one.
    pages: how many pages the whole list has, as far as its first one tells.
    next_trouble: why a read would not get on at the next page; None where nobody looked, too.
    ancestors: the same of every parent above a walked stream, the topmost one first.
    """

    stream: str
    address: str
    records_path: str
    records: int
    total: int | None
    keys: Mapping[str, int]
    modified_field: str | None
    modified: int | None
    columns: Mapping[str, str]
    next_page: str
    pages: int | None
    ancestors: Sequence["StreamSample"]
    rows: Sequence[Row]
    next_trouble: str | None = None
