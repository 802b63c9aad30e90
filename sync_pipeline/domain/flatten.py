"""A decoded JSON record becomes a flat row of text, and its key becomes one text.

Values: `12` and "12" are the same text; `true` is "true"; a float has its shortest JSON spelling; null is None; a list
is compact JSON with sorted object keys. A nested object becomes columns `a.b`; an empty one is None like a null.

Two spellings of one column name (a literal "a.b" beside `{"a": {"b": …}}`): the one with fewer levels wins, among
equal levels the one whose path of names sorts first. The other value is dropped, whatever the order in the body.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sync_pipeline.domain.cut import Row
from sync_pipeline.domain.json_kinds import KIND_OF_TYPE

Path = tuple[str, ...]

SEPARATOR = "|"
ESCAPES = str.maketrans({"\\": "\\\\", SEPARATOR: f"\\{SEPARATOR}"})
# An API that returns the members of a nested object in another order has not changed the record.
ENCODER = msgspec.json.Encoder(order="sorted")


def flatten(record: Mapping[str, Any], kinds: dict[str, int] | None = None) -> dict[str, str | None]:
    """The record as one flat row, columns in the order of the body, nested ones last; `kinds` gains its values'."""
    row: dict[str, str | None] = {}
    seen = {} if kinds is None else kinds
    level: list[tuple[Path, Mapping[str, Any]]] = [((), record)]
    while level:
        below: list[tuple[Path, Mapping[str, Any]]] = []
        for path, members in level:
            prefix = ".".join((*path, ""))
            for name, value in members.items():
                if isinstance(value, dict) and value:
                    below.append(((*path, name), value))
                else:
                    column = prefix + name
                    row.setdefault(column, as_text(value))
                    seen[column] = seen.get(column, 0) | KIND_OF_TYPE[type(value)]
        level = sorted(below, key=_path_of)
    return row


def as_text(value: object) -> str | None:
    """A JSON value as text; None for null and for an empty object."""
    if isinstance(value, str):
        return value
    if value is None or value == {}:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return ENCODER.encode(value).decode()


def record_key(row: Row, alternatives: Sequence[Sequence[str]]) -> str | None:
    r"""The record's key as text, from the first alternative whose columns all have a value; None when none has.

    Values are joined by `|`; a `\` or `|` inside a value is escaped by `\`, so different values never meet in one key.
    A key of the second or a later alternative is `|columns|values`: its leading `|` cannot begin a key of the first
    one, and its column names keep it apart from the others.
    """
    for position, columns in enumerate(alternatives):
        values = [value for column in columns if (value := row.get(column))]
        if len(values) == len(columns):
            return joined(values if position == 0 else ["", *columns, *values])
    return None


def joined(parts: Sequence[str]) -> str:
    """One text of several, different for different parts of the same number."""
    return SEPARATOR.join(part.translate(ESCAPES) for part in parts)


def _path_of(entry: tuple[Path, Mapping[str, Any]]) -> Path:
    return entry[0]
