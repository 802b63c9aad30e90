"""How a platform spells a moment: `iso`, `iso_z`, `date`, `epoch`, `epoch_ms`, or a strftime pattern in UTC."""

import re
from datetime import UTC, datetime, timedelta

ISO = "iso"
EPOCH, EPOCH_MS = "epoch", "epoch_ms"
PATTERNS = {ISO: "%Y-%m-%dT%H:%M:%S+00:00", "iso_z": "%Y-%m-%dT%H:%M:%SZ", "date": "%Y-%m-%d"}
NUMBERS = {EPOCH: timedelta(seconds=1), EPOCH_MS: timedelta(milliseconds=1)}
NAMES = (*PATTERNS, *NUMBERS)

DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
DIRECTIVES = "YmdjbBaHMSfz%"
"""What both Python, which writes the times, and DuckDB, which reads them, understand in the same way."""

ISO_TIME = r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?[Zz]|[+-]\d\d(:?\d\d)?)?)?"
"""Programs also say words such as 'infinity' for times; a source that says those says no time."""
NUMBER = r"-?\d{1,15}(\.\d+)?"

START = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FINER_UNITS = (
    ("H", timedelta(hours=1)),
    ("M", timedelta(minutes=1)),
    ("S", timedelta(seconds=1)),
    ("f", timedelta(microseconds=1)),
)


def directives(pattern: str) -> list[str]:
    """The letters after the percent signs of a pattern; an empty one for a percent sign at its end."""
    return DIRECTIVE.findall(pattern)


def own_pattern(time_format: str) -> str | None:
    """The pattern of a format that has no name."""
    return None if time_format in NAMES else time_format


def unit_of(time_format: str) -> timedelta:
    """What a spelled time is exact to, at most a day."""
    if time_format in NUMBERS:
        return NUMBERS[time_format]
    said, unit = directives(PATTERNS.get(time_format, time_format)), DAY
    for letter, finer in FINER_UNITS:
        if letter not in said:
            break
        unit = finer
    return unit


def rounded_down(moment: datetime, time_format: str) -> datetime:
    unit = unit_of(time_format)
    return START + (moment - START) // unit * unit


def rounded_up(moment: datetime, time_format: str) -> datetime:
    unit = unit_of(time_format)
    return START - (START - moment) // unit * unit


def zone_slack(time_format: str) -> timedelta:
    """A day is a day in the platform's own time zone, which may begin up to 12 hours after the one in UTC."""
    return DAY if unit_of(time_format) == DAY else timedelta()


def spelled(moment: datetime, time_format: str) -> str:
    if time_format in NUMBERS:
        return str((moment - START) // NUMBERS[time_format])
    return moment.astimezone(UTC).strftime(PATTERNS.get(time_format, time_format))


def moment_of(text: str | None, time_format: str) -> datetime | None:
    """The moment that a text of a record says, in this format or in ISO 8601; without an offset it counts as UTC."""
    if not text:
        return None
    try:
        if time_format in NUMBERS and re.fullmatch(NUMBER, text, re.ASCII):
            return START + float(text) * NUMBERS[time_format]
        moment = _patterned(text, time_format) or _iso(text)
        return moment and (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _patterned(text: str, time_format: str) -> datetime | None:
    pattern = own_pattern(time_format)
    if pattern is None:
        return None
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - the caller makes what has no zone UTC
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    if re.fullmatch(ISO_TIME, text, re.ASCII) is None:
        return None
    return datetime.fromisoformat(text.upper().replace(" Z", "Z"))
