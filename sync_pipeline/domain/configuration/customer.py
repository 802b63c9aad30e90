"""A customer: a nonprofit, its Virtuous organization, its sources and what is synced between them."""

import re
from datetime import time, timedelta
from functools import cache
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, PlainSerializer, field_validator, model_validator

from sync_pipeline.domain.configuration.base import (
    Address,
    ClockTime,
    Count,
    CountOrZero,
    Days,
    Duration,
    Flag,
    Mistake,
    Model,
    Name,
    Share,
    Text,
    did_you_mean,
    parse_clock_time,
)
from sync_pipeline.domain.configuration.connector import Connector, ConnectorStream
from sync_pipeline.domain.configuration.recipe import Recipe
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.records import KINDS

SECRET_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.*\S.*")
CUSTOMER_ID = re.compile(r"[A-Za-z0-9-]+")

known_timezones = cache(available_timezones)
"""The IANA names; reading them from disk takes 10 ms, too long to repeat for each of 5,000 customers."""


def refuse_literal_secret(value: object) -> object:
    """A token in a file ends up in version control: only a reference to it is accepted."""
    if isinstance(value, str | int | float) and SECRET_REFERENCE.fullmatch(str(value)) is None:
        raise Mistake(
            "a literal token is refused",
            "Put the token into an environment variable or a file, and write env:NAME or file:PATH here.",
        )
    return value


def refuse_semicolon(value: str) -> str:
    """Virtuous takes several tags in one text, separated by semicolons."""
    if ";" in value:
        raise Mistake("a tag must not contain a semicolon", "Virtuous would read two tags; write another character.")
    return value


def parse_nightly(value: object) -> object:
    return value if value == "auto" else parse_clock_time(value)


SecretReference = Annotated[str, BeforeValidator(refuse_literal_secret)]
Nightly = Annotated[
    Literal["auto"] | time,
    BeforeValidator(parse_nightly),
    PlainSerializer(lambda value: value if isinstance(value, str) else value.strftime("%H:%M"), return_type=str),
]


class Quota(Model):
    """Requests per window of one organization. `requests` holds until a response header says otherwise."""

    requests: Count = 1500
    window_seconds: Count = 3600
    use: Share = 0.8
    cap: Count | None = None
    pace: Literal["fast", "even"] = "fast"


class Batch(Model):
    max: Count = 100


class Bulk(Model):
    notes: Flag = False
    tags: Flag = False


def platform_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}"


class Destination(Model):
    """The customer's Virtuous organization."""

    base_url: Address = HttpUrl("https://api.virtuoussoftware.com")
    token: SecretReference
    quota: Quota = Quota()
    batch: Batch = Batch()
    bulk: Bulk = Bulk()
    tags: Literal["add_only", "exact"] = "add_only"
    attendance: Literal["direct", "transaction"] = "direct"
    review_after_hours: Count = 72
    settle_seconds: CountOrZero = 120

    @property
    def address(self) -> str:
        """Base URL without a trailing slash."""
        return str(self.base_url).rstrip("/")

    @property
    def platform(self) -> str:
        """Host and path of the API: what everybody who uses it has in common when it is in trouble."""
        return platform_of(self.address)


class CustomerSource(Model):
    """One platform account that we read. `reference_source` is the fixed name Virtuous knows it by."""

    connector: Connector
    base_url: Address | None = None
    token: SecretReference | None = None
    reference_source: Text

    @property
    def address(self) -> str:
        """Base URL without a trailing slash."""
        return str(self.base_url or self.connector.base_url).rstrip("/")

    @property
    def platform(self) -> str:
        """As `Destination.platform`."""
        return platform_of(self.address)


class Read(Model):
    """How a stream is read; `strategy` defaults to the cheapest one the connector allows."""

    strategy: Literal["modified_since", "changes_since", "full_snapshot", "walk_parents"] | None = None
    concurrency: Count = 4
    overlap: Duration = timedelta(minutes=5)
    tries: Count = 10


class CustomerStream(Model):
    """What of one source is synced, and by which recipe. `stream` defaults to the entry's own name."""

    source: str
    recipe: Recipe
    stream: str | None = None
    read: Read = Read()
    fields: dict[str, Text] = Field(default_factory=dict)
    on_delete: Literal["tag", "archive", "ignore", "remove", "reverse"] | None = None
    deleted_tag: Annotated[Text, AfterValidator(refuse_semicolon)] | None = None
    poll_minutes: Count | None = None
    write: dict[str, Literal["always", "if_empty"]] = Field(default_factory=dict)

    @property
    def if_empty(self) -> frozenset[str]:
        """Fields that never take the place of what Virtuous has."""
        return frozenset(name for name, how in self.write.items() if how == "if_empty")

    @property
    def expressions(self) -> dict[str, str]:
        """The recipe's fields, added to or replaced by the customer's own."""
        return {**self.recipe.fields, **self.fields}


class Reconcile(Model):
    daily: Flag = True
    weekly: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | None = "sunday"


class Schedule(Model):
    """`window` is local time of the customer and may cross midnight."""

    nightly: Nightly = "auto"
    window: tuple[ClockTime, ClockTime] = (time(22), time(5))
    poll_minutes: Count = 30
    reconcile: Reconcile = Reconcile()

    @field_validator("window")
    @classmethod
    def window_has_a_length(cls, value: tuple[time, time]) -> tuple[time, time]:
        if value[0] == value[1]:
            raise Mistake("the window starts when it ends", 'Write two different times, such as ["22:00", "05:00"].')
        return value


class Guard(Model):
    deletes: Share = 0.05
    changes: Share = 0.5


class BreakerLimits(Model):
    failures: Count = 3
    pause_hours: Count = 24
    half_open: Flag = False


class Limits(Model):
    slice_seconds: Count = 600
    run_seconds: Count = 84600
    guard: Guard = Guard()
    breaker: BreakerLimits = BreakerLimits()


class Retention(Model):
    """For how long what is no longer current is kept: change sets, and copies of the streams."""

    change_sets_days: Days = 30
    snapshots_days: Days = 7

    @model_validator(mode="after")
    def snapshots_are_kept_no_longer(self) -> Self:
        """Which snapshots belong together is told by the cuts, and those are over with their change sets."""
        if self.snapshots_days > self.change_sets_days:
            raise Mistake(
                "snapshots_days is more than change_sets_days", "Keep change sets for as long as snapshots, or longer."
            )
        return self


class Alerts(Model):
    """Where the customer's problems are told, if not where everybody's are."""

    channel: Text | None = None


class Objectives(Model):
    """Of thirty days: the share of nights that come to their end, and of the time in which data is not too old."""

    completion: Share = 0.95
    freshness: Share = 0.98


class Customer(Model):
    """A nonprofit whose data is synced; its id is the Dagster partition key and the file's name."""

    id: str
    name: Text
    timezone: str = "UTC"
    region: Text = "us"
    lane: Literal["premium", "standard"] = "standard"
    ring: Literal["internal", "friendly", "general"] = "general"
    destination: Destination
    sources: dict[Name, CustomerSource] = Field(min_length=1)
    streams: dict[Name, CustomerStream] = Field(min_length=1)
    schedule: Schedule = Schedule()
    limits: Limits = Limits()
    retention: Retention = Retention()
    alerts: Alerts = Alerts()
    objectives: Objectives = Objectives()

    @field_validator("id")
    @classmethod
    def id_is_a_partition_key(cls, value: str) -> str:
        if CUSTOMER_ID.fullmatch(value) is None:
            raise Mistake("not a usable id", "Use letters, digits and - only.")
        return value

    @field_validator("timezone")
    @classmethod
    def timezone_exists(cls, value: str) -> str:
        if value not in known_timezones():
            suggestion = did_you_mean(value, known_timezones())
            raise Mistake("not an IANA time zone", f"{suggestion}Write for example America/Chicago.")
        return value

    def deletion_policy(self, name: str) -> str:
        """What happens when a record of the stream `name` is gone: as written, else the default of its kind."""
        stream = self.streams[name]
        return stream.on_delete or KINDS[stream.recipe.writes].deletions[0]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def streams_by_source(self) -> dict[str, list[str]]:
        """The names of the streams of every source that has any."""
        streams: dict[str, list[str]] = {}
        for name, stream in self.streams.items():
            streams.setdefault(stream.source, []).append(name)
        return streams

    @property
    def source_platforms(self) -> set[str]:
        """The platforms that streams are read from."""
        return {self.sources[name].platform for name in self.streams_by_source}

    def connector_stream(self, name: str) -> ConnectorStream:
        """The connector's description of the customer's stream `name`, defaults filled in."""
        stream = self.streams[name]
        return self.sources[stream.source].connector.stream(stream.stream or name)

    def strategy(self, name: str) -> Strategy:
        """How the stream `name` is read: as written, else in the cheapest way that the connector knows."""
        written = self.streams[name].read.strategy
        return self.connector_stream(name).cheapest_strategy if written is None else Strategy(written)

    def deleted_tag(self, name: str) -> str:
        """The tag a contact of the stream `name` gets when its record is gone."""
        stream = self.streams[name]
        return stream.deleted_tag or f"{self.sources[stream.source].reference_source}: removed"
