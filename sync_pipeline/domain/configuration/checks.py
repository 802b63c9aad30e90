"""Checks across the parts of a customer: its streams, their sources' connectors and their recipes."""

from collections.abc import Iterator, Mapping

from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.configuration.connector import ConnectorStream
from sync_pipeline.domain.configuration.expressions import field_findings
from sync_pipeline.domain.configuration.finding import Finding
from sync_pipeline.domain.configuration.needed import designation_findings, missing_field_findings
from sync_pipeline.domain.configuration.views import SourceView, StreamView, article
from sync_pipeline.domain.records import KINDS

NOT_YET = "not supported by this version yet"


def destination_findings(attendance: str | None) -> Iterator[Finding]:
    """What the destination asks for and this version would silently not do."""
    if attendance == "transaction":
        yield Finding(
            ("destination", "attendance"), f"attendance `transaction` is {NOT_YET}", "Write direct, or leave it out."
        )


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
    yield from _write_findings((*path, "write"), stream)
    yield from designation_findings((*path, "fields"), stream.fields, has_designations=stream.has_designations)
    yield from missing_field_findings(stream)
    yield from deletion_findings(stream)
    source = sources.get(stream.source) if stream.source is not None else None
    if source is not None:
        yield from source_use_findings(stream, source)


def _write_findings(path: tuple[str, ...], stream: StreamView) -> Iterator[Finding]:
    """Only a contact's fields can be compared with what Virtuous has, and only those that are written."""
    if stream.write and stream.writes is not None and stream.writes != "contact":
        yield Finding(path, f"`write` is not for {article(KINDS[stream.writes])}", "Remove it; contacts take it.")
    elif stream.recipe_fields is not None:
        written = stream.recipe_fields | stream.fields.keys()
        for name in stream.write:
            if name not in written:
                yield Finding(
                    (*path, name),
                    f"the stream does not write `{name}`",
                    f"{did_you_mean(name, sorted(written))}Name a field of its recipe or of `fields:`.",
                )


def deletion_findings(stream: StreamView) -> Iterator[Finding]:
    kind = KINDS.get(stream.writes or "")
    if kind is not None and stream.on_delete not in (None, *kind.deletions):
        yield Finding(
            ("streams", stream.name, "on_delete"),
            f"on_delete `{stream.on_delete}` is not for {article(kind)}",
            f"Write {' or '.join(kind.deletions)}.",
        )


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
        yield from strategy_findings(stream, source.connector.stream(stream.connector_stream))


def strategy_findings(stream: StreamView, described: ConnectorStream) -> Iterator[Finding]:
    """A written strategy that the connector's stream cannot be read by."""
    path = ("streams", stream.name, "read", "strategy")
    name = stream.connector_stream
    if stream.strategy is None:
        return
    if described.walk is not None:
        if stream.strategy != "walk_parents":
            message = f"stream `{name}` is read once per record of `{described.walk.parent}`"
            yield Finding(path, message, "Write walk_parents, or leave it out.")
    elif stream.strategy == "walk_parents":
        yield Finding(
            path,
            f"strategy walk_parents needs `walk` in the connector's stream `{name}`",
            "Add `walk: {parent: ...}` to the connector, or write another strategy.",
        )
    elif stream.strategy == "modified_since" and described.modified is None:
        yield Finding(
            path,
            f"strategy modified_since needs `modified` in the connector's stream `{name}`",
            "Add `modified: {field: ..., parameter: ...}` to the connector, or write `strategy: full_snapshot`.",
        )
    elif stream.strategy == "changes_since" and described.changes is None:
        yield Finding(
            path,
            f"strategy changes_since needs `changes` in the connector's stream `{name}`",
            "Add `changes: {parameter: ..., path: ...}` to the connector, or write `strategy: full_snapshot`.",
        )
