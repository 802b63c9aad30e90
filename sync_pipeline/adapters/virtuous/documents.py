"""Reads the documented bodies of 2xx answers. None means: not the document that was asked for."""

import json
from typing import Any

from sync_pipeline.domain.crm.reading import whole_number
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


def read_organization(body: bytes) -> Organization | None:
    """The answer of `GET /api/Organization/Current`; only the id is indispensable.

    The reference types nearly everything as text while recordings are native, so a number or a flag in words counts.
    An organization is enabled unless the answer says it is not.
    """
    document = read_json(body)
    if not isinstance(document, dict):
        return None
    user_id = whole_number(document.get("organizationUserId"))
    if user_id is None:
        return None
    return Organization(
        user_id=user_id,
        name=_text(document.get("organizationName")) or "",
        time_zone=_text(document.get("organizationTimeZone")),
        is_enabled=str(document.get("isEnabled")).strip().lower() not in _FALSE_WORDS,
    )


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
