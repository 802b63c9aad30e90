"""Checks across the parts of a customer: its streams, their sources' connectors and their recipes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.configuration.connector import Connector, ConnectorStream
from sync_pipeline.domain.configuration.expressions import field_findings
from sync_pipeline.domain.configuration.finding import Finding

READABLE_PAGINATION = ("next_link", "cursor", "none")
READABLE_AUTH = ("bearer", "none")
READABLE_STRATEGIES = ("modified_since", "full_snapshot")
WRITABLE_KINDS = ("contact",)
CONTACT_DELETIONS = ("tag", "archive", "ignore")
WRITABLE_DELETIONS = ("tag", "ignore")
NOT_YET = "not supported by this version yet"


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as written. `connector` is None when it is invalid; `streams` are its names, None when unreadable."""

    connector: Connector | None
    streams: frozenset[str] | None
    has_token: bool


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream as written; None where nothing usable was written. `writes` is its recipe's."""

    name: str
    source: str | None
    connector_stream: str
    writes: str | None
    strategy: str | None
    on_delete: str | None
    fields: Mapping[str, object]


def destination_findings(tags: str | None) -> Iterator[Finding]:
    """What the destination asks for and this version would silently not do."""
    if tags == "exact":
        yield Finding(("destination", "tags"), f"tags `exact` is {NOT_YET}", "Write add_only, or leave it out.")


def source_findings(sources: Mapping[str, SourceView]) -> Iterator[Finding]:
    """Sources whose connector needs a credential they do not name."""
    for name, source in sources.items():
        if source.connector is not None and source.connector.auth.kind != "none" and not source.has_token:
            yield Finding(
                ("sources", name, "token"),
                "`token` is missing",
                f"Add `token: env:NAME` or `token: file:PATH`; connector {source.connector.connector} needs one.",
            )


def stream_findings(stream: StreamView, sources: Mapping[str, SourceView]) -> Iterator[Finding]:
    """Everything about one stream that does not fit its source, its recipe or this version."""
    path = ("streams", stream.name)
    if stream.source is not None and stream.source not in sources:
        yield Finding(
            (*path, "source"),
            f"there is no source `{stream.source}`",
            f"{did_you_mean(stream.source, sources)}Sources of this customer: {', '.join(sources) or 'none'}.",
        )
    yield from field_findings((*path, "fields"), stream.fields, stream.writes)
    yield from write_findings(stream)
    source = sources.get(stream.source) if stream.source is not None else None
    if source is not None:
        yield from source_use_findings(stream, source)


def write_findings(stream: StreamView) -> Iterator[Finding]:
    path = ("streams", stream.name)
    if stream.writes is not None and stream.writes not in WRITABLE_KINDS:
        message = f"a recipe that writes {stream.writes} is {NOT_YET}"
        yield Finding((*path, "recipe"), message, "Use a recipe that writes contact.")
    elif stream.writes is not None and stream.on_delete not in (None, *WRITABLE_DELETIONS):
        reason = NOT_YET if stream.on_delete in CONTACT_DELETIONS else "not for contacts"
        yield Finding((*path, "on_delete"), f"on_delete `{stream.on_delete}` is {reason}", "Write tag or ignore.")


def source_use_findings(stream: StreamView, source: SourceView) -> Iterator[Finding]:
    path = ("streams", stream.name)
    if source.streams is not None and stream.connector_stream not in source.streams:
        known = ", ".join(sorted(source.streams))
        yield Finding(
            (*path, "stream"),
            f"the connector has no stream `{stream.connector_stream}`",
            f"{did_you_mean(stream.connector_stream, source.streams)}Write `stream:` with one of {known}.",
        )
    elif source.connector is not None:
        yield from connector_use_findings(stream, source.connector)


def connector_use_findings(stream: StreamView, connector: Connector) -> Iterator[Finding]:
    path = ("streams", stream.name)
    described = connector.stream(stream.connector_stream)
    if connector.auth.kind not in READABLE_AUTH:
        yield Finding(
            (*path, "source"),
            f"auth `{connector.auth.kind}` of connector {connector.connector} is {NOT_YET}",
            f"Use a connector whose auth is {' or '.join(READABLE_AUTH)}.",
        )
    if described.pagination is not None and described.pagination.kind not in READABLE_PAGINATION:
        yield Finding(
            (*path, "source"),
            f"pagination `{described.pagination.kind}` of connector {connector.connector} is {NOT_YET}",
            f"Use a stream whose pagination is one of {', '.join(READABLE_PAGINATION)}.",
        )
    yield from strategy_findings(stream, described)


def strategy_findings(stream: StreamView, described: ConnectorStream) -> Iterator[Finding]:
    path = ("streams", stream.name)
    if stream.strategy not in (None, *READABLE_STRATEGIES):
        yield Finding(
            (*path, "read", "strategy"),
            f"strategy `{stream.strategy}` is {NOT_YET}",
            f"Write {' or '.join(READABLE_STRATEGIES)}.",
        )
    elif described.walk is not None or "{" in described.path:
        yield Finding(
            (*path, "source"),
            f"stream `{stream.connector_stream}` is read once per parent record (walk), which is {NOT_YET}",
            "Use a stream that is read by itself.",
        )
    if stream.strategy == "modified_since" and described.modified is None:
        yield Finding(
            (*path, "read", "strategy"),
            f"strategy modified_since needs `modified` in the connector's stream `{stream.connector_stream}`",
            "Add `modified: {field: ..., parameter: ...}` to the connector, or write `strategy: full_snapshot`.",
        )
