"""A connector: how a source API is read."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from sync_pipeline.domain.configuration.base import Address, Count, CountOrZero, Flag, Mistake, Model, Text
from sync_pipeline.domain.configuration.pagination import Pagination, SinglePage
from sync_pipeline.domain.configuration.time_format import TimeFormat
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.time_format import ISO


class BearerAuth(Model):
    kind: Literal["bearer"] = "bearer"


def refuse_unsendable(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise Mistake("a header holds plain characters only", 'Write letters, digits and spaces, such as "Token ".')
    return value


class HeaderAuth(Model):
    """A header of its own, or `Authorization` with another word than Bearer as `prefix` of the token."""

    kind: Literal["header"]
    name: Text
    prefix: Annotated[str, AfterValidator(refuse_unsendable)] = ""


class BasicAuth(Model):
    kind: Literal["basic"]


class QueryAuth(Model):
    kind: Literal["query"]
    name: Text


class NoAuth(Model):
    kind: Literal["none"]


Auth = Annotated[BearerAuth | HeaderAuth | BasicAuth | QueryAuth | NoAuth, Field(discriminator="kind")]


class RateLimit(Model):
    requests: Count
    window_seconds: Count


class Modified(Model):
    """The field that says when a record changed, and the query parameter that filters on it, sent in `format`."""

    field: Text
    parameter: Text
    inclusive: Flag = True
    format: TimeFormat = ISO


class Changes(Model):
    """A `changes since` token: sent as `parameter`, the next one found at `path`."""

    parameter: Text
    path: Text


WindowEnd = Literal["from", "until"]


class Walk(Model):
    """One read per record of `parent`, limited to those whose `time` lies inside the window.

    `parameters` names the query parameters that send the window's ends to the topmost parent's list.
    """

    parent: Text
    time: Text | None = None
    lookback_days: CountOrZero | None = None
    lookahead_days: CountOrZero | None = None
    parameters: dict[WindowEnd, Text] = Field(default_factory=dict)


def refuse_nested_parameter(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise Mistake("a query parameter must be text, a number, true or false", "Write one plain value.")
    return value


def relative_to_base(value: str) -> str:
    """A stream lies below the base URL: its credential must never travel to another host."""
    if "://" in value or value.startswith("//"):
        raise Mistake("a stream's path must not name a host", "Write the path below base_url, such as /people.")
    return value if value.startswith("/") else f"/{value}"


def one_key_is_a_list_of_one(value: object) -> object:
    """`[id]` is the short form of `[[id]]`: a list of alternatives, each a list of columns."""
    alternatives = (
        [value] if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value) else value
    )
    if not isinstance(alternatives, list | tuple) or not all(map(is_list_of_names, alternatives)):
        raise Mistake(
            "must be a list that names at least one column",
            "Write the columns that identify a record, such as [id]; a list of lists gives fallbacks.",
        )
    return alternatives


def is_list_of_names(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(isinstance(name, str) and name for name in value)


def short_form(key: tuple[tuple[str, ...], ...]) -> list[str] | list[list[str]]:
    return list(key[0]) if len(key) == 1 else [list(alternative) for alternative in key]


Key = Annotated[
    tuple[tuple[str, ...], ...],
    BeforeValidator(one_key_is_a_list_of_one),
    PlainSerializer(short_form, when_used="json"),
]
Parameters = dict[str, Annotated[str | int | float | bool, BeforeValidator(refuse_nested_parameter)]]


class StreamDefaults(Model):
    records: str = ""
    total: Text | None = None
    pagination: Pagination = SinglePage(kind="none")
    parameters: Parameters = Field(default_factory=dict)


class ConnectorStream(Model):
    """One kind of record: where it is and what identifies it. Unset values come from `defaults`.

    `records` is the dotted path of the array in the body, "" the body itself.
    """

    path: Annotated[str, AfterValidator(relative_to_base)]
    key: Key
    records: str | None = None
    total: Text | None = None
    pagination: Pagination | None = None
    parameters: Parameters = Field(default_factory=dict)
    modified: Modified | None = None
    changes: Changes | None = None
    walk: Walk | None = None

    @property
    def cheapest_strategy(self) -> Strategy:
        """How the stream is read when its customer does not say."""
        if self.walk is not None:
            return Strategy.WALK_PARENTS
        if self.changes is not None:
            return Strategy.CHANGES_SINCE
        return Strategy.FULL_SNAPSHOT if self.modified is None else Strategy.MODIFIED_SINCE


class Connector(Model):
    """A declarative description of a source API."""

    connector: Text
    base_url: Address
    auth: Auth = BearerAuth()
    defaults: StreamDefaults = StreamDefaults()
    rate_limit: RateLimit | None = None
    streams: dict[str, ConnectorStream] = Field(min_length=1)

    def stream(self, name: str) -> ConnectorStream:
        """The stream with the connector's defaults filled in."""
        stream = self.streams[name]
        return stream.model_copy(
            update={
                "records": self.defaults.records if stream.records is None else stream.records,
                "total": self.defaults.total if stream.total is None else stream.total,
                "pagination": stream.pagination or self.defaults.pagination,
                "parameters": {**self.defaults.parameters, **stream.parameters},
            }
        )
