"""Requests by the minute, and what of the quota was in use."""

from datetime import datetime, timedelta

from sync_pipeline.domain.pages.facts import SentRequest
from sync_pipeline.domain.pages.usage import Usage, usage
from sync_pipeline_tests.domain.pages.support import NOW

HOUR = timedelta(hours=1)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def sent(*minutes: float) -> list[SentRequest]:
    return [SentRequest(after(minute), "POST /api/Contact/Batch", False) for minute in minutes]


def made(own: list[SentRequest], others: list[tuple[datetime, int]] = [], minutes: float = 5, **kept: int) -> Usage:  # noqa: B006 - never changed
    return usage(own, others, NOW, after(minutes), HOUR, 1_200, 1_500, kept.get("reported", len(own)))


def test_requests_are_counted_by_the_minute_from_a_while_before_the_run() -> None:
    told = made(sent(0, 0.5, 2))
    assert (told.begin, told.width) == (after(-15), timedelta(minutes=1))
    assert told.own[15:] == (2, 0, 1, 0, 0, 0)
    assert told.in_use[14:] == (0, 2, 2, 3, 3, 3, 3)
    assert (told.peak, told.peak_share, told.lost, told.throttled) == (3, 0, 0, 0)


def test_what_other_runs_sent_within_the_window_counts_too() -> None:
    told = made(sent(0), [(after(-30), 600), (after(3), 2)])
    assert told.begin == after(-30)
    assert (told.others[0], told.others[33]) == (600, 2)
    assert (told.peak, told.peak_share) == (603, 50)


def test_requests_stop_counting_when_their_window_is_over() -> None:
    told = made(sent(0, 61), [(after(-70), 7)], minutes=70)
    in_use = dict(zip((told.begin + told.width * place for place in range(len(told.own))), told.in_use, strict=True))
    assert [in_use[after(minute)] for minute in (-15, 0, 59, 60, 61)] == [7, 1, 1, 0, 1]


def test_a_run_of_many_hours_has_wider_bars_and_loses_no_request() -> None:
    moments = [float(minute) for minute in range(0, 600, 7)]
    told = made(sent(*moments), minutes=600)
    assert told.width == timedelta(minutes=10)
    assert len(told.own) <= 100
    assert sum(told.own) == len(moments)
    assert told.peak == 9


def test_requests_that_are_not_kept_any_more_are_counted_as_lost() -> None:
    assert made([], reported=23).lost == 23


def test_a_run_without_requests_has_a_chart_of_nothing() -> None:
    told = made([])
    assert (sum(told.own), told.peak, told.rows) == (0, 0, [])
