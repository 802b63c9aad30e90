"""Checks across a connector's streams: every parent exists, no walk leads back to itself, every path can be filled."""

import re
from collections.abc import Iterator, Mapping

from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.configuration.finding import Finding, KeyPath

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OF_PARENT = "parent."
WINDOW_KEYS = ("lookback_days", "lookahead_days", "parameters")


def connector_findings(values: Mapping[str, object]) -> Iterator[Finding]:
    """What does not fit together in a connector, as it was written and possibly invalid."""
    written = values.get("streams")
    streams = {name: stream for name, stream in _mapping(written).items() if isinstance(stream, Mapping)}
    defaults = _mapping(values.get("defaults"))
    for name, stream in streams.items():
        path = ("streams", name)
        walk = _mapping(stream.get("walk"))
        yield from _path_findings(path, stream, _depth(name, streams))
        if walk:
            yield from _parent_findings((*path, "walk", "parent"), name, walk.get("parent"), streams)
            yield from _window_findings((*path, "walk"), walk)
        pagination = _mapping(stream.get("pagination") or defaults.get("pagination"))
        if pagination.get("kind") == "since_until":
            yield from _windowed_findings(path, stream)


def _path_findings(path: KeyPath, stream: Mapping[str, object], depth: int | None) -> Iterator[Finding]:
    text = stream.get("path")
    if not isinstance(text, str) or depth is None:
        return
    columns = PLACEHOLDER.findall(text)
    if depth == 0 and ("{" in text or "}" in text):
        yield Finding(
            (*path, "path"), "names a column of a parent, but there is no `walk`", "Add `walk: {parent: ...}`."
        )
    elif depth > 0 and (not columns or "" in columns or "{" in PLACEHOLDER.sub("", text)):
        yield Finding(
            (*path, "path"),
            "every parent would be asked at the same address",
            "Write the column that tells parents apart, such as /events/{id}/shifts.",
        )
    for column in columns:
        if 0 < depth <= _levels(column):
            yield Finding(
                (*path, "path"),
                f"`{{{column}}}` is a column of a parent above the topmost one",
                "Leave out a `parent.`: {id} is the parent's, {parent.id} the parent's parent's.",
            )


def _parent_findings(
    path: KeyPath, name: str, parent: object, streams: Mapping[str, Mapping[str, object]]
) -> Iterator[Finding]:
    if not isinstance(parent, str):
        return
    if parent not in streams:
        known = ", ".join(streams)
        yield Finding(
            path,
            f"the connector has no stream `{parent}`",
            f"{did_you_mean(parent, streams)}Write one of {known}.",
        )
    elif _depth(name, streams) is None:
        yield Finding(path, "the walk leads back to itself", "Name a parent that is read by itself in the end.")


def _window_findings(path: KeyPath, walk: Mapping[str, object]) -> Iterator[Finding]:
    for key in WINDOW_KEYS:
        if key in walk and walk.get("time") is None:
            yield Finding((*path, key), f"`{key}` needs `time`", "Add `time:`, the column of the parent's time.")


def _windowed_findings(path: KeyPath, stream: Mapping[str, object]) -> Iterator[Finding]:
    for key in ("walk", "changes"):
        if stream.get(key) is not None:
            yield Finding(
                (*path, key),
                f"`{key}` cannot be combined with pagination since_until",
                "Write another pagination for this stream, such as {kind: none}.",
            )


def _depth(name: str, streams: Mapping[str, Mapping[str, object]]) -> int | None:
    """How many parents are above a stream; None when the walk never ends."""
    seen: set[str] = set()
    while (parent := _mapping(streams[name].get("walk")).get("parent")) is not None:
        seen.add(name)
        if parent in seen:
            return None
        if not isinstance(parent, str) or parent not in streams:
            return len(seen)
        name = parent
    return len(seen)


def _levels(column: str) -> int:
    levels = 0
    while column.startswith(OF_PARENT):
        levels += 1
        column = column.removeprefix(OF_PARENT)
    return levels


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
