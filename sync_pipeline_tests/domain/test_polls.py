"""A fleet's polls are spread over their minutes, and each stream comes once in each of its own periods."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.due import FleetFacts
from sync_pipeline.domain.polls import due_polls
from sync_pipeline_tests.domain.test_slots import customer

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
TICK = timedelta(minutes=5)


def polling(name: str, minutes: int = 30) -> Customer:
    one = customer("America/Chicago", name=name)
    streams = {stream: entry.model_copy(update={"poll_minutes": minutes}) for stream, entry in one.streams.items()}
    return one.model_copy(update={"streams": streams})


def loaded(*customers: Customer) -> FleetFacts:
    compared = {(one.id, stream.source, name) for one in customers for name, stream in one.streams.items()}
    return FleetFacts(begun=set(), paused=set(), at_work=set(), compared=compared)


def test_a_fleet_is_not_polled_all_at_once() -> None:
    fleet = [polling(f"c-{number}") for number in range(600)]
    polled = {(one.id, "people", "people"): NOON for one in fleet}
    by_tick: Counter[int] = Counter()
    for tick in range(1, 13):
        now = NOON + tick * TICK
        due, _ = due_polls(fleet, loaded(*fleet), polled, now)
        by_tick[tick] = len(due)
        polled |= {(entry.customer.id, "people", "people"): now for entry in due}
    assert sum(by_tick.values()) == 2 * 600
    assert max(by_tick.values()) < 1.4 * 100


@given(minutes=st.sampled_from([5, 7, 30, 60, 240]), late=st.lists(st.integers(1, 30), min_size=30, max_size=60))
@settings(max_examples=50, deadline=None)
def test_whenever_a_sweep_comes_nobody_is_polled_twice_in_a_period_or_forgotten_for_one(
    minutes: int, late: list[int]
) -> None:
    one, now = polling("riverside", minutes), NOON
    polls, polled = list[datetime](), dict[tuple[str, str, str], datetime]()
    for wait in late:
        now += timedelta(minutes=wait)
        due, _ = due_polls([one], loaded(one), polled, now)
        if due:
            polls.append(now)
            polled[one.id, "people", "people"] = now
    longest = timedelta(minutes=minutes + max(late))
    assert all(later - earlier <= longest for earlier, later in itertools.pairwise(polls))
    elapsed = (polls[-1] - polls[0]) / timedelta(minutes=minutes)
    assert len(polls) <= elapsed + 2


@pytest.mark.parametrize("kind", ["paused", "at_work"])
def test_who_is_left_out_is_counted_by_the_reason(kind: str) -> None:
    one = polling("riverside")
    facts = loaded(one)
    facts = FleetFacts(
        begun=set(),
        paused={one.id} if kind == "paused" else set(),
        at_work={one.id} if kind == "at_work" else set(),
        compared=facts.compared,
    )
    due, left_out = due_polls([one], facts, {}, NOON)
    assert (due, sum(left_out.values())) == ([], 1)
