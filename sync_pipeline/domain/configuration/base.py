"""What every configuration model shares: immutable values, and an unknown key is an error."""

import difflib
import re
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    PlainSerializer,
    StrictBool,
)

DURATION = re.compile(r"(?P<count>\d+)(?P<unit>[smhd])", re.ASCII)
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
CLOCK_TIME = re.compile(r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9_-]+")


class Mistake(ValueError):
    """A value a person has to mend: what is wrong in plain words, and the remedy. Never holds the value itself."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Model(BaseModel):
    """Base of every configuration model."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean x? ` for the known name nearest to `name`, or an empty text when none is near."""
    known_by_folded = {candidate.casefold(): candidate for candidate in known}
    nearest = difflib.get_close_matches(name.casefold(), known_by_folded, n=1)
    return f"Did you mean {known_by_folded[nearest[0]]}? " if nearest else ""


def parse_duration(value: object) -> object:
    """Read `30s`, `5m`, `2h` or `7d`; a timedelta is passed on."""
    if isinstance(value, timedelta):
        return value
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or len(match["count"]) > len("99999999"):
        raise Mistake("not a duration", "Write a whole number and a unit, such as 30s, 5m, 2h or 7d.")
    return timedelta(seconds=int(match["count"]) * UNITS[match["unit"]])


def format_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as `value` (whole seconds)."""
    seconds = int(value.total_seconds())
    unit = next(unit for unit, size in UNITS.items() if seconds % size == 0 and (seconds or unit == "s"))
    return f"{seconds // UNITS[unit]}{unit}"


def parse_clock_time(value: object) -> object:
    """Read `22:00`; pydantic alone would take a bare number for seconds since midnight."""
    if isinstance(value, time):
        return value
    match = CLOCK_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Mistake("not a time of day", 'Write hours and minutes of the 24-hour clock, such as "22:00".')
    return time(int(match["hour"]), int(match["minute"]))


def refuse_blank(value: str) -> str:
    if not value.strip():
        raise Mistake("must not be empty", "Write a text that is not empty.")
    return value


def refuse_unusual_name(value: str) -> str:
    """Names become folder names and parts of dotted keys."""
    if NAME.fullmatch(value) is None:
        raise Mistake("not a usable name", "Use letters, digits, _ and - only.")
    return value


def refuse_secret_in_address(value: HttpUrl) -> HttpUrl:
    """An address is printed and logged, so it must not carry a credential; query and fragment would be lost."""
    if value.username or value.password:
        raise Mistake(
            "a literal credential inside an address is refused",
            "Remove the part before the @; credentials come from `token:` as env:NAME or file:PATH.",
        )
    if value.query or value.fragment:
        raise Mistake("an address must end with its path", "Remove everything from the ? or # on.")
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
ClockTime = Annotated[
    time,
    BeforeValidator(parse_clock_time),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
]
Address = Annotated[HttpUrl, AfterValidator(refuse_secret_in_address)]
Text = Annotated[str, AfterValidator(refuse_blank)]
Name = Annotated[str, AfterValidator(refuse_unusual_name)]
Flag = StrictBool
Count = Annotated[int, Field(gt=0, strict=True)]
Days = Annotated[int, Field(gt=0, le=36_500, strict=True)]
CountOrZero = Annotated[int, Field(ge=0, strict=True)]
Share = Annotated[float, Field(gt=0, le=1, strict=True)]
