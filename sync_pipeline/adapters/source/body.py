"""From the bytes of an answer to a page of rows, or to the reason why they are none."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.cut import KEY_COLUMN, Page
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


def read_page(place: Place, stream: ConnectorStream, body: object) -> Page:
    """Check the shape of a decoded body and normalise its records.

    Raises:
        SourceError: no list of records where one belongs, a record that is no object or has no key, or an
            unreadable total.
    """
    path = stream.records or ""
    spot = f"at `{path}`" if path else "as the body"
    records = look_up(body, path)
    if not isinstance(records, list):
        raise shape_error(place, f"a list of records {spot}", _found(body, records))
    rows: list[dict[str, str | None]] = []
    for position, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise shape_error(place, f"objects in the list {spot}", f"{kind_of(record)} at position {position}")
        row = flatten(record)
        row[KEY_COLUMN] = record_key(row, stream.key)
        if row[KEY_COLUMN] is None:
            wanted = " or ".join(" + ".join(columns) for columns in stream.key)
            raise shape_error(place, f"a key ({wanted}) in every record", f"none at position {position}")
        rows.append(row)
    return Page(rows=rows, total=_total(place, stream.total, body))


def _total(place: Place, path: str | None, body: object) -> int | None:
    """The total as a number; VOMO's specification shows it as text (reference: VOMO audit 5)."""
    value = MISSING if path is None else look_up(body, path)
    if value is MISSING or value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and DIGITS.match(value):
        return int(value)
    raise shape_error(place, f"a whole number at `{path}`", kind_of(value))


def _found(body: object, records: object) -> str:
    if records is MISSING:
        return f"nothing there (the body is {kind_of(body)})"
    return kind_of(records)
