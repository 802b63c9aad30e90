"""Who decided what about a customer is listed in one place, runs begun by hand among it."""

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.audit import AuditEntry
from sync_pipeline.domain.dead_letters import LetterFilter
from sync_pipeline.domain.run import MANUAL, WEEKLY, Layer, Run
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, Worker, operation
from sync_pipeline_tests.clock import FakeClock


def listed(store: StateStore) -> list[tuple[str | None, str, str | None]]:
    return [(entry.actor, entry.action, entry.reason) for entry in store.audit.entries(CUSTOMER)]


def test_decisions_are_listed_with_their_authors_and_reasons_oldest_first(
    store: StateStore, worker: Worker, clock: FakeClock
) -> None:
    worker.begin_run()
    worker.plan(operation("1", reason="has no name"), operation("2", reason="has no name"))
    first, second = (row.operation_id for row in worker.operations())
    store.breakers.pause(CUSTOMER, "a question", "anna")
    clock.advance(minutes=1)
    store.dead_letters.replay(CUSTOMER, LetterFilter(ids=[first]), "ben")
    store.dead_letters.discard(CUSTOMER, LetterFilter(ids=[second]), "ben")
    clock.advance(minutes=1)
    store.breakers.resume(CUSTOMER, "answered", "anna")
    store.breakers.pause("lakeside", "somebody else's", "anna")
    assert listed(store) == [
        ("anna", "pause", "a question"),
        ("ben", "replay dead letters", f"operations {first}"),
        ("ben", "discard dead letters", f"operations {second}"),
        ("anna", "resume", "answered"),
    ]


def test_only_what_happened_since_a_moment_is_listed(store: StateStore, clock: FakeClock) -> None:
    store.breakers.pause(CUSTOMER, "a question", "anna")
    later = clock.advance(hours=1)
    store.breakers.resume(CUSTOMER, "answered", "anna")
    assert store.audit.entries(CUSTOMER, later) == [AuditEntry(later, "anna", "resume", "answered")]


def test_a_run_begun_by_hand_is_listed_once_and_one_of_the_ui_without_a_name(
    store: StateStore, worker: Worker, clock: FakeClock
) -> None:
    for number, slot in enumerate((MANUAL, WEEKLY, "2026-03-01", "weekly-2026-03-01")):
        store.runs.begin_slice(worker.lease, Run(CUSTOMER, f"run-{number}", Layer.NIGHTLY, slot), f"dagster-{number}")
        clock.advance(minutes=1)
    store.audit.note_run(CUSTOMER, "run-0", "anna")
    assert sorted(listed(store), key=repr) == sorted([("anna", "run", "run-0"), (None, "run", "run-1")], key=repr)


def test_a_customer_is_known_once_somebody_decided_something(store: StateStore) -> None:
    assert not store.audit.is_known(CUSTOMER)
    store.breakers.pause(CUSTOMER, "a question", "anna")
    assert store.audit.is_known(CUSTOMER)
