"""From the bytes of an answer to a page of rows, or to the reason why they are none."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sync_pipeline.adapters.source.listing import Parent
from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN, PARENT_PREFIX, Page
from sync_pipeline.domain.flatten import flatten, record_key

MISSING: Final = object()
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
DIGITS = re.compile(r"^\d{1,18}$", re.ASCII)


class NotJsonError(ValueError):
    """The bytes are not one JSON document: cut off on the way, or something else altogether."""


def decode(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if LONE_SURROGATE.search(content):
            return decode_with_broken_texts(content)
        # The decoder's own text may quote the body, so it is not passed on.
        raise NotJsonError from error


def decode_with_broken_texts(content: bytes) -> Any:
    r"""A text cut inside an emoji ends in half of it (`\ud83d`): grammatical JSON, but no text. It becomes U+FFFD.

    One such name would otherwise stop everybody on its page.
    """
    try:
        mended = json.dumps(json.loads(content), ensure_ascii=False).encode("utf-8", "replace")
        return msgspec.json.decode(mended)
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise NotJsonError from error


def look_up(body: object, path: str) -> Any:
    """The value at a dotted path, the body itself for "", or MISSING."""
    value = body
    for name in path.split(".") if path else ():
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value


def kind_of(value: object) -> str:
    """What a JSON value is, in words that give nothing of it away."""
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list"}
    return "nothing" if value is MISSING else names.get(type(value), "an object")


def records_of(place: Place, stream: ConnectorStream, body: object) -> list[dict[str, Any]]:
    """The records of a decoded body.

    Raises:
        SourceError: no list of objects where one belongs.
    """
    path = stream.records or ""
    spot = f"at `{path}`" if path else "as the body"
    records = look_up(body, path)
    if not isinstance(records, list):
        raise shape_error(place, f"a list of records {spot}", _found(body, records))
    for position, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise shape_error(place, f"objects in the list {spot}", f"{kind_of(record)} at position {position}")
    return records


def read_page(place: Place, stream: ConnectorStream, body: object, parent: Parent | None = None) -> Page:
    """Check the shape of a decoded body and normalise its records.

    Raises:
        SourceError: no list of records where one belongs, a record that is no object or has no key, or an
            unreadable total.
    """
    rows: list[dict[str, str | None]] = []
    kinds: dict[str, int] = {}
    inherited = parent and parent.columns()
    for position, record in enumerate(records_of(place, stream, body), start=1):
        row = flatten(record, kinds)
        if parent and inherited is not None:
            row = {name: value for name, value in row.items() if not name.startswith(PARENT_PREFIX)} | inherited
            row[PARENT_COLUMN] = parent.key
        row[KEY_COLUMN] = record_key(row, stream.key)
        if row[KEY_COLUMN] is None:
            raise shape_error(place, f"a key ({key_in_words(stream)}) in every record", f"none at position {position}")
        rows.append(row)
    if parent:
        kinds = {name: kind for name, kind in kinds.items() if not name.startswith(PARENT_PREFIX)}
    return Page(rows=rows, total=total_of(place, stream, body), kinds=kinds)


def key_in_words(stream: ConnectorStream) -> str:
    return " or ".join(" + ".join(columns) for columns in stream.key)


def total_of(place: Place, stream: ConnectorStream, body: object) -> int | None:
    """How many records the source says there are, if it says so."""
    value = MISSING if stream.total is None else look_up(body, stream.total)
    return None if value is MISSING or value is None else whole_number(place, f"`{stream.total}`", value)


def whole_number(place: Place, spot: str, value: object) -> int:
    """A number, or its digits: VOMO's specification shows the numbers of `meta` as text (reference: VOMO audit 5)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and DIGITS.match(value):
        return int(value)
    raise shape_error(place, f"a whole number at {spot}", kind_of(value))


def _found(body: object, records: object) -> str:
    if records is MISSING:
        return f"nothing there (the body is {kind_of(body)})"
    return kind_of(records)
