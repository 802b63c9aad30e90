"""The quota rule: our share of the window, and the reserve for everybody else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.quota import QuotaPicture, QuotaRule, decide, free_at

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = QuotaRule(1_500, HOUR, 0.8)


def picture(
    used: int = 0,
    limit: int = 1_500,
    remaining: int | None = None,
    resets_at: datetime | None = None,
    blocked_until: datetime | None = None,
) -> QuotaPicture:
    return QuotaPicture(used, limit, remaining, resets_at, blocked_until)


def requests(number: int, since: datetime = NOW - timedelta(minutes=30)) -> list[datetime]:
    return [since + timedelta(seconds=second) for second in range(number)]


def test_the_budget_is_our_share_of_the_limit() -> None:
    assert picture().budget(RULE) == 1_200


def test_a_cap_makes_the_budget_smaller_and_never_larger() -> None:
    assert picture().budget(QuotaRule(1_500, HOUR, 0.8, cap=100)) == 80
    assert picture().budget(QuotaRule(1_500, HOUR, 0.8, cap=9_000)) == 1_200


def test_a_cap_leaves_the_reserve_of_the_whole_limit_alone() -> None:
    assert picture().reserve(QuotaRule(1_500, HOUR, 0.8, cap=100)) == 300


def test_the_smallest_limit_still_lets_one_request_through() -> None:
    rule = QuotaRule(1, HOUR, 0.5)
    assert picture(limit=1).budget(rule) == 1
    assert decide(picture(limit=1, remaining=1), rule, [], NOW) is None
    assert decide(picture(limit=1, remaining=0), rule, [], NOW) is not None


def test_a_share_in_hundredths_loses_nothing_to_binary_fractions() -> None:
    for hundredths in range(1, 101):
        assert picture(limit=1_000).budget(QuotaRule(1_000, HOUR, hundredths / 100)) == 10 * hundredths


def test_requests_are_allowed_up_to_the_budget() -> None:
    assert decide(picture(), RULE, requests(1_199), NOW) is None


def test_a_spent_budget_ends_when_the_oldest_request_leaves_the_window() -> None:
    own = requests(1_200)
    refusal = decide(picture(), RULE, own, NOW)
    assert refusal is not None
    assert refusal.until == own[0] + RULE.span


def test_an_overspent_budget_ends_when_enough_requests_have_left_the_window() -> None:
    """The limit can fall while requests of the larger one are still in the window."""
    own = requests(1_210)
    refusal = decide(picture(), RULE, own, NOW)
    assert refusal is not None
    assert refusal.until == own[10] + RULE.span


def test_a_request_counts_until_it_has_left_the_window_of_virtuous_too() -> None:
    """Virtuous counts from the arrival of a request, which may be later than its permit by as long as it may take."""
    assert RULE.span == HOUR + timedelta(seconds=20)
    assert QuotaRule(100, timedelta(seconds=60), 0.8).span == timedelta(seconds=60.6)


def test_the_seeds_even_spacing_is_there_for_whoever_wants_it() -> None:
    even = QuotaRule(1_500, HOUR, 0.8, is_even=True)
    own = [NOW]
    assert decide(picture(), even, own, NOW + timedelta(seconds=3)) is None
    refusal = decide(picture(), even, own, NOW + timedelta(seconds=2))
    assert refusal is not None
    assert refusal.until == NOW + timedelta(seconds=3)
    assert decide(picture(), RULE, own, NOW) is None


def test_a_clock_that_was_set_back_makes_no_request_of_the_future_count_for_longer() -> None:
    later = NOW + timedelta(hours=5)
    even = QuotaRule(1_500, HOUR, 0.8, is_even=True)
    assert decide(picture(), RULE, [later], NOW) is None
    assert free_at(picture(), RULE, [later], NOW, requests=10) == NOW
    waits = [decide(picture(), even, [later], NOW), decide(picture(), RULE, requests(1_200, later), NOW)]
    assert [one.until - NOW for one in waits if one is not None] == [timedelta(seconds=3), RULE.span]


def test_what_is_left_of_a_backlog_starts_as_soon_as_it_fits() -> None:
    own = requests(1_200)
    assert free_at(picture(), RULE, own, NOW, requests=10) == own[11] + RULE.span  # and two for the start of a slice


def test_a_large_backlog_starts_when_a_quarter_of_the_budget_is_free() -> None:
    own = requests(1_200)
    assert free_at(picture(), RULE, own, NOW, requests=5_000) == own[299] + RULE.span


def test_a_small_budget_is_saved_up_until_a_slice_gets_somewhere() -> None:
    rule = QuotaRule(10, HOUR, 1.0)
    assert free_at(picture(limit=10), rule, requests(10), NOW, requests=50) == requests(10)[7] + rule.span


def test_a_slice_that_fits_starts_now() -> None:
    assert free_at(picture(), RULE, requests(100), NOW, requests=50) == NOW


def test_a_slice_waits_for_the_reset_when_the_remainder_is_too_small_for_it() -> None:
    resets_at = NOW + timedelta(minutes=10)
    known = picture(remaining=400, resets_at=resets_at)
    assert free_at(known, RULE, [], NOW, requests=200) == resets_at
    assert free_at(known, RULE, [], NOW, requests=50) == NOW


def test_a_slice_waits_as_long_as_virtuous_asked_for() -> None:
    until = NOW + timedelta(hours=3)
    assert free_at(picture(blocked_until=until), RULE, [], NOW, requests=1) == until


@pytest.mark.parametrize(("remaining", "is_allowed"), [(301, True), (300, False), (0, False)])
def test_the_reserve_is_left_to_other_integrations(remaining: int, is_allowed: bool) -> None:
    resets_at = NOW + timedelta(minutes=10)
    refusal = decide(picture(remaining=remaining, resets_at=resets_at), RULE, [], NOW)
    assert (refusal is None) == is_allowed
    assert refusal is None or refusal.until == resets_at


def test_without_a_reset_time_the_reserve_lasts_a_window() -> None:
    refusal = decide(picture(remaining=0), RULE, [], NOW)
    assert refusal is not None
    assert refusal.until == NOW + HOUR


def test_a_remainder_of_a_window_that_is_over_stops_nothing() -> None:
    assert decide(picture(remaining=0, resets_at=NOW), RULE, [], NOW) is None


def test_the_wait_virtuous_asked_for_comes_first() -> None:
    until = NOW + timedelta(minutes=3)
    refusal = decide(picture(remaining=0, blocked_until=until), RULE, requests(1_300), NOW)
    assert refusal is not None
    assert refusal.until == until
    assert "Virtuous" in refusal.reason


def test_a_wait_that_is_over_stops_nothing() -> None:
    assert decide(picture(blocked_until=NOW), RULE, [], NOW) is None


@given(
    limit=st.integers(1, 500),
    use=st.floats(0.01, 1.0),
    cap=st.none() | st.integers(1, 500),
    used=st.integers(0, 600),
    remaining=st.none() | st.integers(0, 600),
    reset_minutes=st.none() | st.integers(-10, 90),
    blocked_minutes=st.none() | st.integers(-10, 90),
)
def test_a_refusal_always_names_a_later_moment_and_a_permit_never_exceeds_the_budget(
    limit: int,
    use: float,
    cap: int | None,
    used: int,
    remaining: int | None,
    reset_minutes: int | None,
    blocked_minutes: int | None,
) -> None:
    rule = QuotaRule(limit, HOUR, use, cap)
    known = picture(
        used,
        limit,
        remaining,
        None if reset_minutes is None else NOW + timedelta(minutes=reset_minutes),
        None if blocked_minutes is None else NOW + timedelta(minutes=blocked_minutes),
    )
    refusal = decide(known, rule, requests(used), NOW)
    starts_at = free_at(known, rule, requests(used), NOW, requests=3)
    assert starts_at >= NOW if refusal is None else starts_at >= refusal.until
    if refusal is None:
        assert used < known.budget(rule) <= max(1, limit)
    else:
        assert refusal.until > NOW
        assert refusal.reason
