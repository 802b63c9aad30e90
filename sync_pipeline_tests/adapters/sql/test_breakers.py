"""Pauses and failures in a row."""

from datetime import timedelta

from sqlalchemy import select

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import audit_log
from sync_pipeline_tests.adapters.sql.support import CUSTOMER
from sync_pipeline_tests.clock import FakeClock


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


def test_failures_in_a_row_add_up_until_a_run_succeeds(store: StateStore) -> None:
    for expected in (1, 2, 3):
        store.breakers.count_run(CUSTOMER, failed=True)
        assert store.breakers.breaker(CUSTOMER).consecutive_failures == expected
    store.breakers.count_run(CUSTOMER, failed=False)
    assert store.breakers.breaker(CUSTOMER).consecutive_failures == 0


def test_counting_runs_does_not_end_a_pause(store: StateStore, clock: FakeClock) -> None:
    store.breakers.count_run(CUSTOMER, failed=True)
    store.breakers.pause(CUSTOMER, "audit week", "ada")
    assert store.breakers.breaker(CUSTOMER).consecutive_failures == 1
    store.breakers.count_run(CUSTOMER, failed=True)
    breaker = store.breakers.breaker(CUSTOMER)
    assert breaker.is_paused(clock.now())
    assert (breaker.reason, breaker.consecutive_failures) == ("audit week", 2)


def test_resuming_starts_the_count_over(store: StateStore) -> None:
    store.breakers.count_run(CUSTOMER, failed=True)
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
