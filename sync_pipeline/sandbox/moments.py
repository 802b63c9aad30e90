"""Times and amounts in the spellings that recordings show."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_DISPLAYED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_YEARS = range(1900, 2200)
_DAYS_AGO = re.compile(r"(\d{1,3}) Days Ago", re.IGNORECASE)
# Fourteen words were recorded; only these kinds of them are named by the sources.
RELATIVE_DAYS = ("Today", "Yesterday", *(f"{days} Days Ago" for days in (2, 3, 7, 14, 30, 60, 90, 120, 180, 365)))


def utc_moment(unix_seconds: float, record_id: int) -> str:
    """UTC without an offset; recordings show two to seven digits of a second, so both ends occur here."""
    moment = datetime.fromtimestamp(unix_seconds, UTC)
    fraction = f"{moment.microsecond:06d}0"[: 2 + record_id % 6]
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}"


def display_day(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def display_money(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def read_day(text: object) -> date | None:
    """The date of an ISO date or time, or of M/D/YYYY."""
    if not isinstance(text, str):
        return None
    try:
        if found := _DISPLAYED.fullmatch(text.strip()):
            month, day, year = (int(part) for part in found.groups())
            return date(year, month, day)
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None


def read_moment(text: object) -> datetime | None:
    """An ISO 8601 time; without an offset it is taken as UTC, as the fields' names say."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True)
class Calendar:
    """The organization's own days: plain dates are in its zone."""

    zone: ZoneInfo
    now: float

    def day(self, unix_seconds: float) -> date:
        return datetime.fromtimestamp(unix_seconds, self.zone).date()

    def start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def relative_day(self, words: str) -> date | None:
        """`Today`, `Yesterday`, `30 Days Ago`; None for anything else."""
        today = self.day(self.now)
        match words.strip().lower():
            case "today":
                return today
            case "yesterday":
                return today - timedelta(days=1)
            case other:
                found = _DAYS_AGO.fullmatch(other)
                return today - timedelta(days=int(found[1])) if found else None

    def asked_day(self, text: str) -> date | None:
        """A relative word, a date, or the day on which a moment with an offset falls here."""
        if (relative := self.relative_day(text)) is not None:
            return relative
        moment = read_moment(text)
        has_offset = text.strip().endswith(("Z", "z")) or re.search(r"T.*[+-]\d\d:?\d\d$", text.strip())
        return moment.astimezone(self.zone).date() if moment and has_offset else read_day(text)
