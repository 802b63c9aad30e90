"""The parts of a customer as written, possibly invalid: what checks across them look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync_pipeline.domain.configuration.connector import Connector
from sync_pipeline.domain.records import RecordKind


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as written. `connector` is None when it is invalid; `streams` are its names, None when unreadable."""

    connector: Connector | None
    streams: frozenset[str] | None
    has_token: bool
    reference_source: str | None


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream as written; None where nothing usable was written.

    `writes` and `has_designations` are its recipe's; `recipe_fields` too, None when the recipe is invalid.
    """

    name: str
    source: str | None
    connector_stream: str
    writes: str | None
    strategy: str | None
    on_delete: str | None
    fields: Mapping[str, object]
    recipe_fields: frozenset[str] | None
    has_designations: bool
    write: Mapping[str, object]


def article(kind: RecordKind) -> str:
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"
