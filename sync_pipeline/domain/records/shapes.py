"""Texts of a mapped record as the JSON values that an API's fields want, and the checks that need no API."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from typing import Any

CUSTOM_FIELD_PREFIX = "customFields."
MONEY = re.compile(r"-?\d{1,12}(\.\d{1,2}0*)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?", re.ASCII)
CENT = Decimal("0.01")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def filled(fields: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """The fields that say something, by name, so that a null and an empty text are one."""
    for name in sorted(fields):
        value = fields[name]
        if value is not None and value.strip():
            yield name, value


def below(fields: Mapping[str, str | None], prefix: str) -> dict[str, str]:
    """The filled fields `<prefix><name>`, by name."""
    return {name.removeprefix(prefix): value for name, value in filled(fields) if name.startswith(prefix)}


def shaped(value: str, kind: str) -> Any:
    """`boolean`, `integer` or `number`; a text that is none travels as it is: Virtuous refuses it by name."""
    if kind == "boolean":
        return BOOLEANS.get(value.strip().lower(), value)
    try:
        return int(value) if kind == "integer" else float(value)
    except ValueError:
        return value


def money(text: str | None) -> Decimal | None:
    """An amount of at most two decimals; None when the text is none. The text itself is sent: only digits will do."""
    trimmed = (text or "").strip()
    return Decimal(trimmed).quantize(CENT) if MONEY.fullmatch(trimmed) else None


def is_day(text: str | None) -> bool:
    """YYYY-MM-DD, alone or in front of a time."""
    trimmed = (text or "").strip()
    if DAY.fullmatch(trimmed) is None:
        return False
    try:
        date.fromisoformat(trimmed[:10])
    except ValueError:
        return False
    return True


def utc(text: str | None) -> datetime | None:
    """An ISO 8601 time in UTC; without an offset it counts as UTC. None when the text is no time of a calendar."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # Programs write the first or the last day of their calendar for "no time"; hours after the last have no end.
    return moment if MINYEAR < moment.year < MAXYEAR else None


def utc_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def first_missing(fields: Mapping[str, str | None], required: Sequence[str]) -> str | None:
    """The first of these fields that says nothing, as a reason."""
    there = dict(filled(fields))
    return next((f"{name} is empty" for name in required if name not in there), None)
