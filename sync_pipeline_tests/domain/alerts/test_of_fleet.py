"""Who is stopped, late or stale, and who only looks like it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_pipeline.domain.alerts.of_fleet import STALE_CHECKPOINT, FleetState, fleet_problems
from sync_pipeline_tests.domain.scheduled import customer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AT = "22:00"
SLOT = datetime(2026, 3, 3, 22, tzinfo=UTC)
YESTERDAYS_READ = SLOT - timedelta(days=1) + 2 * MINUTE


def fleet(accounted_at: datetime, zone: str = "UTC", **known: Any) -> FleetState:
    nothing: dict[str, Any] = {
        "customers": [customer(zone, AT)],
        "broken": {},
        "paused": {},
        "down": {},
        "begun": set(),
        "at_work": set(),
        "accounted_at": {"a": accounted_at},
        "began_at": {},
        "needs_a_person": {},
    }
    return FleetState(**(nothing | known))


def stale(state: FleetState, now: datetime) -> bool:
    return STALE_CHECKPOINT in {problem.subject.name for problem in fleet_problems(state, now)}


@pytest.mark.parametrize("later", [timedelta(), 5 * MINUTE, 2 * HOUR])
def test_who_is_read_once_a_day_is_not_stale_while_tonights_night_is_under_way(later: timedelta) -> None:
    assert not stale(fleet(YESTERDAYS_READ), SLOT + later)


def test_two_hours_into_the_night_a_day_old_read_is_stale() -> None:
    assert stale(fleet(YESTERDAYS_READ), SLOT + 2 * HOUR + MINUTE)


def test_a_night_of_25_hours_between_two_slots_is_nothing_stale() -> None:
    """Clocks go back in Chicago on 1 November 2026, two hours after midnight."""
    before, after = datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 11, 2, 4, tzinfo=UTC)
    assert not stale(fleet(before, "America/Chicago"), after + MINUTE)


def test_who_was_stale_before_the_night_stays_so_until_it_is_over() -> None:
    assert stale(fleet(YESTERDAYS_READ - 24 * HOUR), SLOT + 5 * MINUTE)
    assert stale(fleet(YESTERDAYS_READ - 12 * HOUR), SLOT - HOUR)
    assert not stale(fleet(SLOT + MINUTE), SLOT + 5 * MINUTE)
