"""Pauses and failures in a row."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from sync_pipeline.adapters.sql.breakers import count_run
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import audit_log
from sync_pipeline.domain.pause import Breaker, BreakerRule, RunVerdict
from sync_pipeline_tests.adapters.sql.support import CUSTOMER
from sync_pipeline_tests.clock import FakeClock

RULE = BreakerRule(failures=3, pause=timedelta(hours=24), half_open=False)
HALF_OPEN = replace(RULE, half_open=True)


def count(store: StateStore, clock: FakeClock, rule: BreakerRule = RULE, *, failed: bool) -> Breaker:
    """What a finished run leaves of the breaker."""
    with store.database.write() as connection:
        count_run(connection, CUSTOMER, RunVerdict(failed, rule), clock.now())
    return store.breakers.breaker(CUSTOMER)


def test_nobody_is_paused_at_first(store: StateStore, clock: FakeClock) -> None:
    breaker = store.breakers.breaker(CUSTOMER)
    assert not breaker.is_paused(clock.now())
    assert breaker.consecutive_failures == 0


def test_a_pause_without_an_end_lasts_until_a_person_resumes(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "the token was revoked", "prerequisites")
    breaker = store.breakers.breaker(CUSTOMER)
    assert breaker.is_paused(clock.advance(days=3_650))
    assert breaker.reason == "the token was revoked"
    assert not store.breakers.breaker("lakeside").is_paused(clock.now())
    store.breakers.resume(CUSTOMER, "a new token", "ada")
    assert not store.breakers.breaker(CUSTOMER).is_paused(clock.now())


def test_a_pause_with_an_end_is_over_then(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "audit week", "ada", until=clock.now() + timedelta(days=7))
    assert store.breakers.breaker(CUSTOMER).is_paused(clock.advance(days=6))
    assert not store.breakers.breaker(CUSTOMER).is_paused(clock.advance(days=1))


def test_failures_in_a_row_add_up_until_a_run_succeeds(store: StateStore, clock: FakeClock) -> None:
    for expected in (1, 2):
        count(store, clock, failed=True)
        assert store.breakers.breaker(CUSTOMER).consecutive_failures == expected
    count(store, clock, failed=False)
    assert store.breakers.breaker(CUSTOMER).consecutive_failures == 0


def test_counting_runs_does_not_end_a_pause(store: StateStore, clock: FakeClock) -> None:
    count(store, clock, failed=True)
    store.breakers.pause(CUSTOMER, "audit week", "ada")
    assert store.breakers.breaker(CUSTOMER).consecutive_failures == 1
    count(store, clock, failed=True)
    breaker = store.breakers.breaker(CUSTOMER)
    assert breaker.is_paused(clock.now())
    assert (breaker.reason, breaker.consecutive_failures) == ("audit week", 2)


def test_resuming_starts_the_count_over(store: StateStore, clock: FakeClock) -> None:
    count(store, clock, failed=True)
    store.breakers.resume(CUSTOMER, "mended", "ada")
    assert store.breakers.breaker(CUSTOMER).consecutive_failures == 0


def test_who_paused_and_who_resumed_is_on_record(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "audit week", "ada")
    later = clock.advance(days=1)
    store.breakers.resume(CUSTOMER, "audit over", "grace")
    with store.database.read() as connection:
        entries = connection.execute(select(audit_log).order_by(audit_log.c.entry_id)).all()
    assert [(entry.actor, entry.action, entry.reason) for entry in entries] == [
        ("ada", "pause", "audit week"),
        ("grace", "resume", "audit over"),
    ]
    assert entries[1].at == later


def test_three_failures_in_a_row_pause_a_customer_until_a_person_has_looked(
    store: StateStore, clock: FakeClock
) -> None:
    for _ in range(3):
        assert not store.breakers.breaker(CUSTOMER).is_paused(clock.now())
        count(store, clock, failed=True)
    breaker = store.breakers.breaker(CUSTOMER)
    assert breaker.is_paused(clock.now())
    assert breaker.paused_until == clock.now() + timedelta(hours=24)
    assert breaker.reason == "3 runs in a row failed"
    assert breaker.is_paused(clock.advance(days=30))
    store.breakers.resume(CUSTOMER, "the export is mended", "ada")
    assert not store.breakers.breaker(CUSTOMER).is_paused(clock.now())
    assert not count(store, clock, failed=True).is_paused(clock.now())  # it counts from the beginning
    with store.database.read() as connection:
        entries = connection.execute(select(audit_log).order_by(audit_log.c.entry_id)).all()
    assert [(entry.actor, entry.action) for entry in entries] == [("breaker", "pause"), ("ada", "resume")]


def test_who_wants_it_has_one_run_try_again_after_the_pause(store: StateStore, clock: FakeClock) -> None:
    for _ in range(3):
        count(store, clock, HALF_OPEN, failed=True)
    assert store.breakers.breaker(CUSTOMER).is_paused(clock.advance(hours=23))
    assert not store.breakers.breaker(CUSTOMER).is_paused(clock.advance(hours=1))
    assert count(store, clock, HALF_OPEN, failed=True).is_paused(clock.advance(hours=23))  # the trial failed
    clock.advance(hours=1)
    closed = count(store, clock, HALF_OPEN, failed=False)
    assert (closed.consecutive_failures, closed.paused_until, closed.reason) == (0, None, None)


def test_the_breaker_leaves_the_pause_of_a_person_as_it_is(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "audit week", "ada", clock.now() + timedelta(days=7))
    for _ in range(4):
        count(store, clock, failed=True)
    breaker = store.breakers.breaker(CUSTOMER)
    assert (breaker.reason, breaker.needs_person) == ("audit week", False)


def test_a_pause_without_an_end_says_that_it_needs_a_person(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "Virtuous no longer accepts the token", "applied_ledger")
    breaker = store.breakers.breaker(CUSTOMER)
    assert breaker.is_paused(clock.advance(days=36_500))
    assert (breaker.paused_until, breaker.needs_person) == (None, True)
