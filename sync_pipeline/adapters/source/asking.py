"""The addresses of lists: a whole stream, a stream as a plan wants it, and what lies below one parent."""

from datetime import datetime, timedelta
from urllib.parse import quote

import httpx

from sync_pipeline.adapters.source.listing import Parent
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.connector import Modified
from sync_pipeline.domain.configuration.walks import PLACEHOLDER
from sync_pipeline.domain.cut import ReadPlan, Strategy
from sync_pipeline.domain.errors import ConfigurationError, SourceError
from sync_pipeline.domain.time_format import rounded_down, spelled, unit_of, zone_slack


def stream_address(base: str, name: str, stream: ConnectorStream) -> httpx.URL:
    """The whole stream, unfiltered."""
    if PLACEHOLDER.search(stream.path):
        raise ConfigurationError(
            f"Stream {name} is read once per parent record (`{stream.path}`).",
            "Write `read.strategy: walk_parents`, or leave the strategy out.",
        )
    return _below(base, stream.path, stream)


def address_below(base: str, name: str, stream: ConnectorStream, parent: Parent) -> httpx.URL:
    """What lies below one parent: every placeholder of the path holds the parent's value as one segment.

    Raises:
        SourceError: the parent has no value there, or one that would lead to another path.
    """

    def segment(column: str) -> str:
        value = parent.row.get(column)
        # Dots alone mean "here" and "above": the address would be another one.
        if not value or not value.strip("."):
            raise SourceError(
                f"Stream {name} is read at `{stream.path}`, but record {parent.number} of {parent.stream} has "
                f"{'nothing' if not value else 'only dots'} in `{column}`.",
                f"Correct `path` of the stream in the connector, or the record in the platform; the columns of "
                f"{parent.stream} are its parent's.",
            )
        return quote(value, safe="")

    return _below(base, PLACEHOLDER.sub(lambda found: segment(found[1]), stream.path), stream)


def planned_address(base: str, stream: ConnectorStream, plan: ReadPlan) -> httpx.URL:
    """The stream as the plan wants it: filtered by modified time, or going on from a token."""
    whole = stream_address(base, plan.stream, stream)
    match plan.strategy:
        case Strategy.MODIFIED_SINCE:
            modified = stream.modified
            if modified is None:
                raise ConfigurationError(
                    f"Stream {plan.stream} cannot be read by modified_since: its connector names no modified field.",
                    "Set `read.strategy: full_snapshot`, or add `modified: {field, parameter}` to the connector.",
                )
            if plan.since is None:
                return whole
            return whole.copy_set_param(modified.parameter, spelled(asked_floor(modified, plan.since), modified.format))
        case Strategy.CHANGES_SINCE:
            if stream.changes is None:
                raise ConfigurationError(
                    f"Stream {plan.stream} cannot be read by changes_since: its connector names no token.",
                    "Set `read.strategy: full_snapshot`, or add `changes: {parameter, path}` to the connector.",
                )
            return whole if plan.token is None else whole.copy_set_param(stream.changes.parameter, plan.token)
        case Strategy.WALK_PARENTS:
            raise ConfigurationError(
                f"Stream {plan.stream} cannot be read by walk_parents: its connector names no parent.",
                "Set `read.strategy: full_snapshot`, or add `walk: {parent}` to the connector.",
            )
        case Strategy.FULL_SNAPSHOT:
            return whole


def asked_floor(modified: Modified, since: datetime) -> datetime:
    """The moment to send so that everything from `since` on is answered: never later than it.

    An exclusive filter answers rows newer than its value: one unit earlier, and the rows at the floor come back.
    """
    exclusive = timedelta() if modified.inclusive else unit_of(modified.format)
    return rounded_down(since, modified.format) - exclusive - zone_slack(modified.format)


def _below(base: str, path: str, stream: ConnectorStream) -> httpx.URL:
    return httpx.URL(f"{base}/{path.lstrip('/')}").copy_merge_params(stream.parameters)
