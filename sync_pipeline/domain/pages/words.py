"""Numbers and moments as the pages spell them."""

from datetime import datetime, timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 change`, `1,200 changes`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def duration(seconds: float) -> str:
    """`4.2 s`, `12 min 5 s`, `3 h 10 min`, `2 d 4 h`."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < MINUTE / 6 else f"{seconds:.0f} s"
    whole = round(seconds)
    for size, unit, below, part in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit} {rest} {part}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def age(since: datetime, now: datetime) -> str:
    return duration(max(timedelta(), now - since).total_seconds())


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
