"""Planning: a change set becomes operations, once, and newer values take the place of older ones."""

import sqlite3
from collections import Counter
from typing import Any

from sqlalchemy import event

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.operation import Priority
from sync_pipeline.domain.standing import Standing
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, STREAM, Worker, operation, upto
from sync_pipeline_tests.clock import FakeClock


def standing(worker: Worker) -> dict[tuple[str, str], Standing]:
    return worker.store.positions.standing(CUSTOMER, STREAM)


def test_every_operation_is_planned_with_what_it_sends(worker: Worker) -> None:
    worker.plan(operation("1", "a", priority=Priority.UPDATE, groups=("core", "tags")))
    (row,) = worker.operations()
    assert (row.state, row.priority, row.attempts) == ("planned", Priority.UPDATE, 0)
    assert row.payload == {"referenceId": "ref-1", "value": "a"}
    assert row.run_id == worker.run_id
    assert set(standing(worker)) == {("1", "core"), ("1", "tags")}


def test_planning_again_after_a_crash_between_chunks_adds_only_what_is_missing(worker: Worker) -> None:
    first = [operation(key) for key in "abc"]
    second = [operation(key) for key in "de"]
    cut = worker.ready_cut()
    worker.store.planning.plan(worker.lease, cut, first)
    for chunk in (first, second):
        worker.store.planning.plan(worker.lease, cut, chunk)
    worker.store.cuts.finish_planning(worker.lease, cut)
    assert Counter(worker.states()) == Counter((key, "planned") for key in "abcde")


def test_planning_again_does_not_bring_back_what_was_sent_meanwhile(worker: Worker) -> None:
    cut = worker.ready_cut()
    worker.store.planning.plan(worker.lease, cut, [operation("1")])
    worker.accept_all()
    worker.store.planning.plan(worker.lease, cut, [operation("1"), operation("2")])
    assert worker.states() == [("1", "accepted"), ("2", "planned")]


def test_planning_nothing_is_fine(worker: Worker) -> None:
    worker.plan()
    assert worker.states() == []


def test_a_newer_value_takes_the_place_of_a_planned_one(worker: Worker) -> None:
    worker.plan(operation("1", "a"), operation("2", "a"))
    worker.plan(operation("1", "b"))
    assert worker.states() == [("1", "superseded"), ("2", "planned"), ("1", "planned")]
    assert [row.payload for row in worker.operations() if row.state == "superseded"] == [None]
    assert standing(worker)["1", "core"] == Standing("core=b", "planned")


def test_a_newer_value_takes_the_place_of_a_deferred_one(worker: Worker) -> None:
    worker.plan(operation("1", "a"))
    worker.sending.defer_planned("an outage")
    worker.plan(operation("1", "b"))
    assert worker.states() == [("1", "superseded"), ("1", "planned")]


def test_a_newer_value_takes_the_place_of_a_dead_one(worker: Worker) -> None:
    worker.plan(operation("1", "a"))
    worker.sending.dead(worker.claim().ids, "400")
    worker.plan(operation("1", "b"))
    assert worker.states() == [("1", "superseded"), ("1", "planned")]


def test_a_newer_value_waits_for_one_that_is_on_its_way(worker: Worker) -> None:
    worker.plan(operation("1", "a"))
    worker.claim()
    worker.plan(operation("1", "b"))
    assert worker.states() == [("1", "sending"), ("1", "planned")]


def test_a_newer_value_leaves_what_was_accepted_in_the_ledger(worker: Worker) -> None:
    worker.plan(operation("1", "a"))
    worker.accept_all()
    worker.plan(operation("1", "b"))
    assert worker.states() == [("1", "accepted"), ("1", "planned")]


def test_the_same_key_of_another_customer_is_another_record(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    worker.plan(operation("1", "a"))
    other.plan(operation("1", "b"))
    assert worker.states() == [("1", "planned")]
    assert other.states() == [("1", "planned")]


def test_a_value_that_virtuous_already_has_sends_nothing(worker: Worker) -> None:
    """A → B → A before B was sent."""
    worker.plan(operation("1", "a"))
    worker.accept_all()
    worker.plan(operation("1", "b"))
    worker.plan(operation("1", "a", is_acknowledged=True))
    assert worker.states() == [("1", "accepted"), ("1", "superseded"), ("1", "superseded")]
    assert worker.sending.claim(upto(10)) is None
    assert worker.acknowledged() == {("1", "core"): "core=a"}
    assert not standing(worker)


def test_a_value_that_virtuous_had_is_sent_again_while_a_newer_one_is_in_doubt(worker: Worker) -> None:
    """A → B → A while B may have arrived: it ends at A."""
    worker.plan(operation("1", "a"))
    worker.accept_all()
    worker.plan(operation("1", "b"))
    doubtful = worker.claim()
    worker.plan(operation("1", "a", is_acknowledged=True))
    assert worker.states()[1:] == [("1", "sending"), ("1", "planned")]
    worker.sending.accepted(doubtful.ids)
    worker.accept_all()
    assert worker.acknowledged() == {("1", "core"): "core=a"}


def repeated_and_refused(worker: Worker) -> None:
    """The value b of record 1 got no answer, and was refused when it was repeated."""
    worker.plan(operation("1", "a"))
    worker.accept_all()
    worker.plan(operation("1", "b"))
    silent = worker.claim()
    worker.sending.claim_again(silent.ids, upto(1))
    worker.sending.dead(silent.ids, "400")


def test_a_value_that_virtuous_had_is_sent_again_after_a_refused_repeat(worker: Worker) -> None:
    """The first try of B may have arrived although its repeat was refused: nobody knows that Virtuous still has A."""
    repeated_and_refused(worker)
    worker.plan(operation("1", "a", is_acknowledged=True))
    assert worker.states()[1:] == [("1", "superseded"), ("1", "planned")]


def test_a_refused_repeat_is_remembered_through_values_that_never_left(worker: Worker) -> None:
    repeated_and_refused(worker)
    worker.plan(operation("1", "c"))
    worker.plan(operation("1", "a", is_acknowledged=True))
    assert worker.states()[1:] == [("1", "superseded"), ("1", "superseded"), ("1", "planned")]


def test_a_refused_first_try_leaves_no_doubt(worker: Worker) -> None:
    """A definite answer said that nothing happened: a vanished record that never arrived needs no word."""
    worker.plan(operation("1", "a"))
    worker.sending.planned_again(worker.claim().ids)
    worker.sending.dead(worker.claim().ids, "400")
    worker.plan(operation("1", "gone", is_acknowledged=True))
    assert worker.states() == [("1", "superseded"), ("1", "superseded")]


def test_a_record_that_cannot_be_sent_is_a_dead_letter_from_the_start(worker: Worker) -> None:
    worker.plan(operation("1", reason="firstName and lastName are empty"), operation("2"))
    dead, planned = worker.operations()
    assert (dead.state, dead.reason, dead.payload) == ("dead", "firstName and lastName are empty", None)
    assert dead.finished_in == worker.run_id
    assert planned.state == "planned"
    assert worker.claim().ids == (planned.operation_id,)


def test_a_record_that_cannot_be_sent_takes_back_what_was_planned_for_it(worker: Worker) -> None:
    worker.plan(operation("1", "a"))
    worker.plan(operation("1", "b", reason="no name"))
    assert worker.states() == [("1", "superseded"), ("1", "dead")]
    assert standing(worker)["1", "core"] == Standing("core=b", "dead")


def test_what_is_over_does_not_stand(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"), operation("3"), operation("4"))
    worker.sending.accepted(worker.claim(1).ids)
    worker.sending.dead(worker.claim(1).ids, "400")
    worker.claim(1)
    assert {key: found.state for (key, _), found in standing(worker).items()} == {
        "2": "dead",
        "3": "sending",
        "4": "planned",
    }


def test_the_reference_of_a_record_is_the_one_it_was_last_sent_under(worker: Worker) -> None:
    worker.plan(operation("1", "a", reference="old"), operation("2", reference="two"))
    worker.accept_all()
    worker.plan(operation("1", "b", reference="new"))
    worker.accept_all()
    assert worker.store.positions.references(CUSTOMER, STREAM, ["1", "2", "unknown"]) == {"1": "new", "2": "two"}


def test_a_reference_that_never_left_does_not_hide_the_one_that_did(worker: Worker) -> None:
    """A deletion names the contact that Virtuous knows, not one that was only planned."""
    worker.plan(operation("1", "a", reference="known"))
    worker.accept_all()
    worker.plan(operation("1", "b", reference="planned"), operation("2", reference="never sent"))
    found = worker.store.positions.references(CUSTOMER, STREAM, ["1", "2"])
    assert found == {"1": "known", "2": "never sent"}


def test_the_references_of_very_many_records_can_be_asked_for_at_once(worker: Worker) -> None:
    """A stage asks for a whole frame of vanished records, 50,000 rows."""

    @event.listens_for(worker.store.database.engine, "connect")
    def as_most_are_compiled(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)

    worker.plan(operation("49999", reference="last"))
    keys = [str(number) for number in range(50_000)]
    assert worker.store.positions.references(CUSTOMER, STREAM, keys) == {"49999": "last"}
