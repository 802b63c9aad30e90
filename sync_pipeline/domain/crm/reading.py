"""Reading documents whose types the sources disagree about: numbers as text, flags as words, lists bare or wrapped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

TRUE_WORDS = frozenset({"true", "1", "yes"})
FALSE_WORDS = frozenset({"false", "0", "no"})
# Recordings show two to seven digits of a second; datetime reads at most six of them.
SURPLUS_DIGITS = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; `total` is None where the answer is a bare array."""

    rows: tuple[Mapping[str, Any], ...]
    total: int | None

    def reaches(self, skip: int, take: int) -> bool:
        """Whether a page asked for with `skip` and `take` is the last one."""
        if self.total is not None:
            return skip + len(self.rows) >= self.total or not self.rows
        return len(self.rows) < take


def listing(document: Any) -> Listing | None:
    """`{list, total}` or a bare array of objects (both are recorded); None when it is neither."""
    rows = document.get("list") if isinstance(document, Mapping) else document
    if not isinstance(rows, list):
        return None
    total = whole_number(document.get("total")) if isinstance(document, Mapping) else None
    return Listing(tuple(row for row in rows if isinstance(row, Mapping)), total)


def whole_number(value: Any) -> int | None:
    """An id or a count; None unless it is a whole number, as a number or in digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def record_id(document: Any, name: str = "id") -> int | None:
    """The id of a real record: a held transaction may be answered too, but it has none, or 0."""
    return (whole_number(document.get(name)) or None) if isinstance(document, Mapping) else None


def flag(value: Any) -> bool | None:
    """A boolean, natively or in words; None when nothing is said."""
    word = str(value).strip().lower()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time; without an offset it is UTC, as the names of those fields say."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(SURPLUS_DIGITS.sub(r"\1", value.strip()))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def same_moment(one: Any, other: Any, tolerance: timedelta = timedelta(seconds=1)) -> bool:
    """Whether two spellings mean the same time; an API may drop fractions of a second."""
    first, second = moment(one), moment(other)
    return first is not None and second is not None and abs(first - second) < tolerance
