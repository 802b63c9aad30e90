"""Rate headers are believed when they make sense, and never needed."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.adapters.virtuous.rate_headers import rate_reading, retry_after
from sync_pipeline.domain.answer import RateReading

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
UNIX = int(NOW.timestamp())


@pytest.mark.parametrize("prefix", ["X-RateLimit-", "X-Rate-Limit-", "x-ratelimit-"])
def test_both_spellings_are_read_in_any_case(prefix: str) -> None:
    headers = {f"{prefix}Limit": "1500", f"{prefix}Remaining": "1499", f"{prefix}Reset": str(UNIX)}
    assert rate_reading(headers) == RateReading(limit=1500, remaining=1499, resets_at=NOW)
    assert rate_reading(httpx.Headers(headers)) == rate_reading(headers)


@pytest.mark.parametrize(
    ("reset", "moment"),
    [
        (str(UNIX), NOW),
        (f"{UNIX}.5", NOW + timedelta(seconds=0.5)),
        (str(UNIX * 1000), NOW),
        ("3600", None),
        ("-5", None),
        ("99999999999999999999", None),
        ("999999999999999999", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_reset_is_seconds_or_milliseconds_or_nothing(reset: str, moment: datetime | None) -> None:
    assert rate_reading({"X-RateLimit-Reset": reset}).resets_at == moment


@pytest.mark.parametrize(
    ("limit", "remaining", "expected"),
    [
        ("1500, 1500;w=3600", "0", (1500, 0)),
        ("0", "-3", (None, 0)),
        ("many", "nan", (None, None)),
        ("\u0661\u0665", "inf", (None, None)),
        ("1500.0", " 7 ", (1500, 7)),
    ],
)
def test_numbers_that_make_no_sense_are_left_out(
    limit: str, remaining: str, expected: tuple[int | None, int | None]
) -> None:
    reading = rate_reading({"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining})
    assert (reading.limit, reading.remaining) == expected


def test_an_unreadable_header_does_not_hide_its_other_spelling() -> None:
    assert rate_reading({"X-RateLimit-Limit": "?", "X-Rate-Limit-Limit": "900"}).limit == 900


def test_headers_may_be_absent() -> None:
    assert rate_reading({}) == RateReading()
    assert retry_after({}, None) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("2.5", 2.5),
        ("-1", None),
        ("1e5", None),
        ("soon", None),
        ("", None),
        ("99999999", None),
        ("Wed, 04 Mar 2026 05:08:07 GMT", 120.0),
        ("Wed, 04 Mar 2026 05:00:00 GMT", 0.0),
        ("Wed, 04 Mar 2026 05:08:07 -0000", 120.0),
        ("Wed, 04 Mar 9999 05:08:07 GMT", None),
        ("Wed, 99 Mar 2026 05:08:07 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, wait: float | None) -> None:
    assert retry_after({"Retry-After": header}, lambda: NOW) == wait


def test_a_date_counts_from_the_servers_own_clock_when_it_tells_it() -> None:
    headers = {"retry-after": "Wed, 04 Mar 2026 05:08:07 GMT", "date": "Wed, 04 Mar 2026 05:07:07 GMT"}
    assert retry_after(headers, lambda: NOW - timedelta(days=1)) == 60.0
    assert retry_after(headers, None) == 60.0


def test_a_date_without_any_clock_says_nothing() -> None:
    assert retry_after({"retry-after": "Wed, 04 Mar 2026 05:08:07 GMT"}, None) is None


@given(st.text(max_size=30))
def test_no_header_text_breaks_the_reading(text: str) -> None:
    names = ("Limit", "Remaining", "Reset")
    rate_reading({f"X-RateLimit-{name}": text for name in names})
    retry_after({"Retry-After": text, "Date": text}, lambda: NOW)
