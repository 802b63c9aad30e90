"""What the headers of an answer say about the quota. Nothing in them is trusted to be there or to make sense."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sync_pipeline.domain.answer import RateReading

# The guide writes X-RateLimit-*, one of its digest pages X-Rate-Limit-*.
_PREFIXES = ("x-ratelimit-", "x-rate-limit-")
_NUMBER = re.compile(r"\s*(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)\s*(?:[,;].*)?")
# Documented as Unix seconds; one client guards against milliseconds. Nobody has published a live value.
_SMALLEST_CREDIBLE_TIME = 1e9
_SMALLEST_MILLISECONDS = 1e12
_LONGEST_CREDIBLE_WAIT = 31 * 24 * 3600.0


def rate_reading(headers: Mapping[str, str]) -> RateReading:
    """The rate headers; a part that is absent or makes no sense is None."""
    limit = _rate_number(headers, "limit")
    remaining = _rate_number(headers, "remaining")
    return RateReading(
        limit=int(limit) if limit is not None and limit >= 1 else None,
        remaining=max(0, int(remaining)) if remaining is not None else None,
        resets_at=_moment(_rate_number(headers, "reset")),
    )


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime] | None) -> float | None:
    """Seconds to wait; a date counts from the answer's own Date header, or else from `now`; None if not credible."""
    text = _header(headers, "retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is None:
        until = _http_date(text)
        since = _http_date(_header(headers, "date")) or (now() if now is not None else None)
        if until is None or since is None:
            return None
        seconds = max(0.0, (until - since).total_seconds())
    return seconds if 0 <= seconds <= _LONGEST_CREDIBLE_WAIT else None


def _rate_number(headers: Mapping[str, str], name: str) -> float | None:
    numbers = (_number(_header(headers, prefix + name)) for prefix in _PREFIXES)
    return next((number for number in numbers if number is not None), None)


def _moment(number: float | None) -> datetime | None:
    if number is None or number < _SMALLEST_CREDIBLE_TIME:
        return None
    seconds = number / 1000 if number > _SMALLEST_MILLISECONDS else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _number(text: str | None) -> float | None:
    match = _NUMBER.fullmatch(text) if text is not None else None
    number = float(match.group(1)) if match else math.nan
    return number if math.isfinite(number) else None


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Case-insensitive, whichever mapping it is."""
    return next((value for key, value in headers.items() if key.lower() == name), None)
