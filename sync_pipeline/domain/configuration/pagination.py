"""How the pages of a list follow each other."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from sync_pipeline.domain.configuration.base import Count, CountOrZero, Duration, Mistake, Model, Text
from sync_pipeline.domain.configuration.time_format import TimeFormat

FIRST_DAY = date(2000, 1, 1)
"""Where windows start when nobody says otherwise: older than the records of any platform we know."""


class NextLink(Model):
    """The body names the address of the next page."""

    kind: Literal["next_link"]
    path: Text


class Cursor(Model):
    """The body carries a value that asks for the next page when sent as `parameter`; `more` is where it says if any."""

    kind: Literal["cursor"]
    path: Text
    parameter: Text
    more: Text | None = None


class PageNumber(Model):
    """Pages have numbers, the first one `first`; `last` is where the body tells the last one's."""

    kind: Literal["page_number"]
    parameter: Text
    first: CountOrZero = 1
    last: Text | None = None


class Offset(Model):
    """A page is asked for by how many records come before it."""

    kind: Literal["offset"]
    parameter: Text
    size_parameter: Text
    size: Count


class SinglePage(Model):
    """The whole answer is one page."""

    kind: Literal["none"]


Paging = Annotated[NextLink | Cursor | PageNumber | Offset | SinglePage, Field(discriminator="kind")]


def parse_day(value: object) -> object:
    """Read `2015-01-31`; pydantic alone would take a bare number for seconds since 1970."""
    try:
        return value if isinstance(value, date) else date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Mistake("not a date", "Write a date such as 2015-01-31.") from None


Day = Annotated[date, BeforeValidator(parse_day), PlainSerializer(date.isoformat, return_type=str)]


class SinceUntil(Model):
    """The list is asked for in windows of time, each of them read by `pages`.

    `format` is that of the stream's `modified` where nothing else is said.
    """

    kind: Literal["since_until"]
    since: Text
    until: Text
    window: Duration
    start: Day = FIRST_DAY
    format: TimeFormat | None = None
    pages: Paging = SinglePage(kind="none")

    @property
    def first_moment(self) -> datetime:
        return datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)


Pagination = Annotated[NextLink | Cursor | PageNumber | Offset | SinceUntil | SinglePage, Field(discriminator="kind")]
