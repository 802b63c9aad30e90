"""What thirty days may hold, and what is left of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from sync_pipeline.domain.objectives import DAYS, Budgets, Past, Span, budgets, of_everybody
from sync_pipeline_tests.domain.scheduled import customer

AT = "22:00"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAST_NIGHT = date(2026, 3, 30)
NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
LONG_AGO = NOW - 90 * DAY
DONE, FAILED = frozenset({"done"}), frozenset({"failed"})


def nights(count: int = 40, **other: frozenset[str]) -> dict[str, frozenset[str]]:
    """The last `count` nights were done, but for those that are named by how long ago they began."""
    found = {(LAST_NIGHT - DAY * back).isoformat(): DONE for back in range(count)}
    return found | {(LAST_NIGHT - DAY * int(back[1:])).isoformat(): states for back, states in other.items()}


def told(
    of: Mapping[str, frozenset[str]],
    *,
    paused: Sequence[Span] = (),
    stale: Sequence[Span] = (),
    began_at: datetime = LONG_AGO,
    now: datetime = NOW,
) -> Budgets:
    return budgets(customer("UTC", AT), Past(began_at, of, paused, stale), now)


def test_thirty_good_nights_leave_everything() -> None:
    found = told(nights())
    assert (found.completion.total, found.completion.spent, found.completion.reached) == (DAYS, 0, 1)
    assert found.completion.left == pytest.approx(1.5)
    assert found.freshness.left == pytest.approx(0.02 * 24 * DAYS)
    assert not found.is_used_up


def test_a_failed_and_a_missed_night_use_up_what_is_allowed() -> None:
    found = told(nights(b3=FAILED, b9=frozenset()))
    assert (found.completion.spent, found.completion.left) == (2, pytest.approx(-0.5))
    assert found.completion.reached == pytest.approx(28 / 30)
    assert found.is_used_up


@pytest.mark.parametrize("states", [frozenset({"parked", "done"}), frozenset({"failed", "done"})])
def test_a_night_that_came_to_its_end_is_done_however_it_got_there(states: frozenset[str]) -> None:
    assert told(nights(b3=states)).completion.spent == 0


@pytest.mark.parametrize("state", ["continued", "held", "paused"])
def test_a_night_that_left_its_work_to_somebody_else_is_not_done(state: str) -> None:
    assert told(nights(b3=frozenset({state}))).completion.spent == 1


@pytest.mark.parametrize(
    ("states", "total"), [(frozenset(), 29), (frozenset({"running"}), 29), (frozenset({"parked"}), 29), (FAILED, 30)]
)
def test_tonight_counts_when_it_is_over(states: frozenset[str], total: int) -> None:
    found = told(nights(b0=states))
    assert (found.completion.total, found.completion.spent) == (total, total - 29)


def test_nights_before_the_period_and_before_the_first_run_are_nobodys() -> None:
    assert told(nights(b35=FAILED)).completion.spent == 0
    young = told(nights(3), began_at=datetime(2026, 3, 28, 21, tzinfo=UTC))
    assert (young.completion.total, young.completion.spent) == (3, 0)
    assert young.freshness.total == pytest.approx(60)


def test_a_pause_by_hand_is_no_failure() -> None:
    paused = [(datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 3, 22, 12, tzinfo=UTC))]
    of = nights(b10=frozenset(), b9=frozenset())
    found = told(of, paused=paused)
    assert (found.completion.total, found.completion.spent) == (28, 0)
    assert found.freshness.total == pytest.approx(28 * 24)
    assert told(of).completion.spent == 2


def test_staleness_counts_from_the_begin_of_the_period_until_now() -> None:
    found = told(nights(), stale=[(NOW - 31 * DAY, NOW - 29 * DAY), (NOW - 3 * HOUR, None)])
    assert found.freshness.spent == pytest.approx(24 + 3)
    assert found.freshness.left == pytest.approx(14.4 - 27)


def test_the_fleet_may_spend_what_its_customers_may_together() -> None:
    fleet = of_everybody([told(nights()), told(nights(b3=FAILED, b4=FAILED))])
    assert (fleet.completion.total, fleet.completion.spent) == (60, 2)
    assert fleet.completion.left == pytest.approx(1)
    assert not fleet.is_used_up
    assert of_everybody([]).completion.reached is None
