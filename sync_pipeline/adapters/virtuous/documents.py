"""Reads the documented bodies of 2xx answers. None means: not the document that was asked for."""

import json
from typing import Any

from sync_pipeline.domain.organization import Organization

_FALSE_WORDS = frozenset({"false", "0", "no"})


def read_json(body: bytes) -> Any:
    """The decoded body, None when it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def read_object(body: bytes) -> dict[str, Any] | None:
    document = read_json(body)
    return document if isinstance(document, dict) else None


def read_organization(body: bytes) -> Organization | None:
    """The answer of `GET /api/Organization/Current`; only the id is indispensable.

    The reference types nearly everything as text while recordings are native, so a number or a flag in words counts.
    An organization is enabled unless the answer says it is not.
    """
    document = read_object(body)
    if document is None:
        return None
    user_id = _whole_number(document.get("organizationUserId"))
    if user_id is None:
        return None
    return Organization(
        user_id=user_id,
        name=_text(document.get("organizationName")) or "",
        time_zone=_text(document.get("organizationTimeZone")),
        is_enabled=str(document.get("isEnabled")).strip().lower() not in _FALSE_WORDS,
    )


def has_id(contact: dict[str, Any]) -> bool:
    """Whether this is a real record: a held transaction may be answered too, but it has no id yet."""
    return _whole_number(contact.get("id")) not in (None, 0)


def _whole_number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
