"""How long requests take under a quota, and which window of the customer a plan is made for."""

from datetime import UTC, datetime, timedelta

import pytest

from sync_pipeline.domain.backlog import ForetoldRequest
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule
from sync_pipeline.domain.slots import next_slot
from sync_pipeline.stages.plan import Plan
from sync_pipeline.stages.plan.fleet import hour_of, hours_of, night_of
from sync_pipeline.stages.plan.forecast import Forecast, forecast, pace_from, slot_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = QuotaRule(1000, HOUR, 0.8)
NO_TIME = timedelta(0)
NO_FORECAST = Forecast(NOON, NOON, 0)


def picture(
    used: int = 0,
    limit: int = 1000,
    remaining: int | None = None,
    resets_at: datetime | None = None,
    blocked_until: datetime | None = None,
) -> QuotaPicture:
    return QuotaPicture(used, limit, remaining, resets_at, blocked_until)


def customer(window: tuple[str, str], timezone: str = "UTC") -> Customer:
    return Customer.model_validate(
        {
            "id": "riverside",
            "name": "Riverside",
            "timezone": timezone,
            "destination": {"token": "env:TOKEN"},
            "sources": {"people": {"connector": CONNECTOR, "token": "env:TOKEN", "reference_source": "PEOPLE"}},
            "streams": {"people": {"source": "people", "recipe": RECIPE}},
            "schedule": {"window": window},
        }
    )


CONNECTOR = {
    "connector": "people-api",
    "base_url": "https://people.example.org",
    "streams": {"people": {"path": "/people", "key": ["id"]}},
}
RECIPE = {"recipe": "people", "writes": "contact", "reference": "id", "fields": {"firstName": "name"}}
NEXT_WINDOW = 3620 + 200 / 8 + 15
"""When a run that spent its budget goes on: its requests count for 20 s more than Virtuous' hour, then a quarter of the
budget has to be free again, and the sensor looks twice a minute."""
ALL_DAY = customer(("00:00", "23:59"))


def singles(count: int) -> list[ForetoldRequest]:
    return [ForetoldRequest("POST /api/Contact/Transaction", 1)] * count


def seconds(requests: int, known: QuotaPicture, rule: QuotaRule = RULE) -> float:
    return pace_from(known, rule, NOON, NOON).seconds(requests)


def test_inside_the_budget_requests_take_half_a_second_each_four_at_a_time() -> None:
    assert seconds(2, picture()) == 0.25
    assert seconds(800, picture()) == 100


def test_what_the_budget_does_not_hold_waits_for_the_next_windows() -> None:
    assert seconds(801, picture()) == NEXT_WINDOW + 1 / 8
    assert seconds(1599, picture()) == NEXT_WINDOW + 799 / 8
    assert seconds(1600, picture()) == 2 * NEXT_WINDOW + 1 / 8


def test_what_the_window_has_used_up_already_is_no_longer_there() -> None:
    assert seconds(300, picture(used=500)) == 300 / 8
    assert seconds(301, picture(used=500)) == NEXT_WINDOW + 1 / 8
    assert seconds(1, picture(used=800)) == NEXT_WINDOW + 1 / 8


def test_the_limit_that_virtuous_names_and_a_cap_count_instead_of_the_configured_one() -> None:
    assert seconds(81, picture(limit=100)) > 3600
    assert seconds(41, picture(), QuotaRule(1000, HOUR, 0.8, cap=50)) > 3600


def test_what_others_left_of_the_window_counts_until_it_resets() -> None:
    crowded = picture(remaining=260, resets_at=NOON + timedelta(minutes=10))
    three_quarters = QuotaRule(1000, HOUR, 0.75)
    assert seconds(10, crowded, three_quarters) == 10 / 8
    assert seconds(11, crowded, three_quarters) == 600 + 1 / 8
    assert seconds(750, crowded, three_quarters) == 600 + 740 / 8
    assert seconds(751, crowded, three_quarters) == 3620 + 187 / 8 + 15 + 1 / 8


def test_a_run_that_starts_in_a_later_window_of_the_quota_has_all_of_it() -> None:
    spent = picture(used=800, remaining=0, resets_at=NOON + HOUR)
    assert pace_from(spent, RULE, NOON, NOON + HOUR).seconds(800) == 100


def test_more_than_latency_allows_takes_latency_not_windows() -> None:
    short = QuotaRule(10, timedelta(seconds=1), 1.0)
    assert seconds(80, picture(limit=10), short) == 10


@pytest.mark.parametrize(
    ("available", "fits"), [(-1, 0), (0, 0), (0.125, 1), (100, 800), (3600, 800), (NEXT_WINDOW + 1, 808)]
)
def test_as_many_requests_fit_as_are_answered_in_time(available: float, fits: int) -> None:
    pace = pace_from(picture(), RULE, NOON, NOON)
    assert pace.fitting(1000, available) == fits


def test_reading_and_a_wait_that_virtuous_asked_for_come_before_the_first_request() -> None:
    read = forecast(ALL_DAY, picture(), RULE, singles(8), NOON, timedelta(minutes=30))
    assert read.finishes_at == NOON + timedelta(minutes=30, seconds=1)
    assert read.hours == pytest.approx(0.5 + 1 / 3600)
    blocked = picture(blocked_until=NOON + timedelta(minutes=40))
    waits = forecast(ALL_DAY, blocked, RULE, singles(8), NOON, timedelta(minutes=30))
    assert waits.finishes_at == NOON + timedelta(minutes=40, seconds=1)


def test_changes_that_miss_the_end_of_the_window_are_counted() -> None:
    requests = [ForetoldRequest("GET /api/Permission", 0), *[ForetoldRequest("POST /api/Contact/Batch", 100)] * 20]
    tight = QuotaRule(10, HOUR, 1.0)
    now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    told = forecast(customer(("22:00", "00:00")), picture(limit=10), tight, requests, now, NO_TIME)
    assert told.waiting_after_slot == 200  # ten requests at once, nine an hour later, two after midnight
    period = HOUR + timedelta(seconds=20 + 8 / 8 + 15)
    assert told.finishes_at == now + 2 * period + timedelta(seconds=2 / 8)


def test_outside_of_the_window_what_misses_the_end_of_the_next_one_is_counted() -> None:
    tight = QuotaRule(10, HOUR, 1.0)
    used_up = picture(used=10, limit=10)
    told = forecast(customer(("22:00", "22:30")), used_up, tight, singles(11), NOON, NO_TIME)
    assert told.waiting_after_slot == 1
    assert told.starts_at == NOON


@pytest.mark.parametrize(
    ("timezone", "window", "now", "starts_at", "ends_at"),
    [
        ("UTC", ("22:00", "05:00"), "2026-03-01T23:00", "2026-03-01T22:00", "2026-03-02T05:00"),
        ("UTC", ("22:00", "05:00"), "2026-03-02T04:59", "2026-03-01T22:00", "2026-03-02T05:00"),
        ("UTC", ("22:00", "05:00"), "2026-03-02T05:00", "2026-03-02T22:00", "2026-03-03T05:00"),
        ("UTC", ("01:00", "04:00"), "2026-03-02T05:00", "2026-03-03T01:00", "2026-03-03T04:00"),
        ("America/Los_Angeles", ("22:00", "05:00"), "2026-03-01T06:00", "2026-03-01T06:00", "2026-03-01T13:00"),
        # The night in which America/Chicago changes to daylight saving time is an hour shorter.
        ("America/Chicago", ("22:00", "05:00"), "2026-03-08T08:00", "2026-03-08T04:00", "2026-03-08T10:00"),
    ],
)
def test_the_window_is_the_one_now_or_the_next_in_local_time(
    timezone: str, window: tuple[str, str], now: str, starts_at: str, ends_at: str
) -> None:
    slot = slot_of(customer(window, timezone), at(now))
    assert (slot.starts_at, slot.ends_at) == (at(starts_at), at(ends_at))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_night_of_several_windows_is_spread_over_its_hours() -> None:
    one = customer(("20:00", "05:00"))
    plan = Plan("riverside", (), singles(2000), 0, {}, (), NO_FORECAST, timedelta(minutes=5))
    night = night_of(one, plan, picture(), NOON)
    assert night.starts_at == next_slot(one, NOON)
    assert sum(night.requests_by_hour.values()) == 2000
    assert max(night.requests_by_hour.values()) <= 800
    assert hour_of(night.finishes_at) == max(night.requests_by_hour)
    hours = hours_of([night, night])
    assert [hour.hour for hour in hours] == [hours[0].hour + HOUR * number for number in range(len(hours))]
    assert sum(hour.requests for hour in hours) == 4000
    assert (hours[0].starting, hours[0].unfinished, hours[-1].unfinished) == (2, 2, 2)


def test_a_fleet_with_nothing_planned_has_no_hours() -> None:
    assert hours_of([]) == []
