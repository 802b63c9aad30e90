"""The address of a stream's first page."""

import re
from datetime import UTC, datetime, timedelta

import httpx

from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.connector import Modified
from sync_pipeline.domain.cut import ReadPlan, Strategy
from sync_pipeline.domain.errors import ConfigurationError

PLACEHOLDER = re.compile(r"\{[^}]*\}")
# An exclusive filter answers rows newer than its value: one second earlier, and the rows at the floor come back.
BEFORE_FLOOR = timedelta(seconds=1)


def stream_address(base: str, name: str, stream: ConnectorStream) -> httpx.URL:
    """The whole stream, unfiltered."""
    if PLACEHOLDER.search(stream.path):
        raise ConfigurationError(
            f"Stream {name} is read once per parent record (`{stream.path}`), which this version cannot do.",
            "Remove the stream from the customer's file.",
        )
    return httpx.URL(f"{base}/{stream.path.lstrip('/')}").copy_merge_params(stream.parameters)


def planned_address(base: str, stream: ConnectorStream, plan: ReadPlan) -> httpx.URL:
    """The stream as the plan wants it, filtered by modified time when it has a floor."""
    whole = stream_address(base, plan.stream, stream)
    match plan.strategy:
        case Strategy.FULL_SNAPSHOT:
            return whole
        case Strategy.MODIFIED_SINCE:
            if stream.modified is None:
                raise ConfigurationError(
                    f"Stream {plan.stream} cannot be read by modified_since: its connector names no modified field.",
                    "Set `read.strategy: full_snapshot`, or add `modified: {field, parameter}` to the connector.",
                )
            if plan.since is None:
                return whole
            return whole.copy_set_param(stream.modified.parameter, _floor(stream.modified, plan.since))
        case _:
            raise ConfigurationError(
                f"Stream {plan.stream} has read strategy `{plan.strategy}`, which this version cannot do.",
                "Use `modified_since` or `full_snapshot`.",
            )


def _floor(modified: Modified, since: datetime) -> str:
    """ISO 8601 in UTC with its offset, whole seconds, never later than `since`."""
    floor = since if modified.inclusive else since - BEFORE_FLOOR
    return floor.astimezone(UTC).isoformat(timespec="seconds")
