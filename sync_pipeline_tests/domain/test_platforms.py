"""When failures are a platform's, and who may try it meanwhile."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.platforms import LONGEST_WAIT, PlatformState, Trouble, first_failure

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
UNAVAILABLE, REFUSED = Trouble.UNAVAILABLE, Trouble.REFUSED


def failing(*customers: str, trouble: Trouble = UNAVAILABLE, apart: timedelta = timedelta(minutes=1)) -> PlatformState:
    """What is known after these customers have failed one after the other."""
    first, *others = customers
    state = first_failure(first, trouble, NOW)
    for number, customer in enumerate(others, 1):
        state = state.after(customer, trouble, NOW + number * apart)
    return state


def test_one_customer_that_keeps_failing_is_no_outage() -> None:
    assert not failing("a", "a", "a", "a", "b", "b").is_down


def test_three_customers_in_a_row_are_one() -> None:
    state = failing("a", "b", "b", "c")
    assert state.is_down
    assert state.failing == ("a", "b", "c")


def test_three_customers_in_an_hour_are_none() -> None:
    assert not failing("a", "b", "c", apart=timedelta(minutes=20)).is_down


def test_other_trouble_begins_a_count_of_its_own() -> None:
    state = failing("a", "b").after("c", REFUSED, NOW)
    assert (state.is_down, state.trouble, state.failing) == (False, REFUSED, ("c",))
    down = failing("a", "b", "c").after("d", REFUSED, NOW)
    assert not down.is_down  # it answers again, if only to refuse


def test_one_customer_tries_after_a_minute_and_nobody_else_until_that_is_over() -> None:
    state = failing("a", "b", "c", apart=timedelta())
    assert state.held_until(NOW) == NOW + timedelta(minutes=1)
    later = NOW + timedelta(minutes=1)
    assert state.held_until(later) is None
    tried = state.probed_by("d", later)
    assert tried.held_until(later + timedelta(minutes=4)) is not None
    assert tried.held_until(later + timedelta(minutes=5)) is None  # whoever tried is gone


def test_who_failed_late_does_not_move_the_next_try() -> None:
    state = failing("a", "b", "c", apart=timedelta())
    assert state.after("d", UNAVAILABLE, NOW + timedelta(seconds=50)) == state


@given(tries=st.integers(min_value=1, max_value=40))
def test_tries_that_fail_come_less_often_but_never_cease(tries: int) -> None:
    state, now = failing("a", "b", "c", apart=timedelta()), NOW
    waits: list[timedelta] = []
    for _ in range(tries):
        now = state.held_until(now) or now
        state = state.probed_by("d", now).after("d", UNAVAILABLE, now)
        waits.append((state.held_until(now) or now) - now)
    assert waits == sorted(waits)
    assert max(waits) <= LONGEST_WAIT
