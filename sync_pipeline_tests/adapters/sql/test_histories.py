"""The life of one record as the state store remembers it, attempts included."""

from collections.abc import Sequence

import pytest

from sync_pipeline.adapters.sql.histories import SqlHistories
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.life.history import Attempt, History, NamedRecord, OperationLife
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import Evidence, SendingBatch, State
from sync_pipeline.domain.positions import CutState
from sync_pipeline.ports import Sender
from sync_pipeline_tests.adapters.sql.kinds_support import ids, waiting_of, write
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, RUN, STREAM, TRACE, Worker, claimed, operation, upto
from sync_pipeline_tests.clock import FakeClock


def history(worker: Worker, key: str = "1") -> History:
    return SqlHistories(worker.store.database).history(CUSTOMER, STREAM, key)


def only(worker: Worker, key: str = "1") -> OperationLife:
    (one,) = history(worker, key).operations
    return one


def answer(worker: Worker, batch: SendingBatch, outcome: Outcome, status: int | None = None) -> None:
    worker.store.quota.observe(worker.name, batch.permit, Answer(outcome, status), None)


def told(attempts: Sequence[Attempt]) -> list[tuple[str | None, int | None]]:
    return [(attempt.outcome, attempt.status) for attempt in attempts]


def test_every_attempt_is_kept_with_its_answer_batch_trace_and_run(worker: Worker, clock: FakeClock) -> None:
    worker.plan(operation("1"))
    first = worker.claim()
    answer(worker, first, Outcome.THROTTLED, 429)
    worker.sending.planned_again(first.ids)
    clock.advance(minutes=1)
    second = claimed(worker.in_run("run-2").sending.claim(upto(1)))
    answer(worker, second, Outcome.ACCEPTED, 200)
    worker.sending.accepted(second.ids)
    one = only(worker)
    assert one.attempts == [
        Attempt(clock.now().replace(minute=0), "single", first.batch_id, TRACE, RUN, "throttled", 429),
        Attempt(clock.now(), "single", second.batch_id, TRACE, "run-2", "accepted", 200),
    ]
    assert (one.state, one.attempts_made, one.finished_in) == (State.ACCEPTED, 2, RUN)


def test_an_attempt_whose_process_died_has_no_answer(worker: Worker) -> None:
    worker.plan(operation("1"))
    worker.claim()
    again = claimed(worker.sending.claim_again([only(worker).operation_id], upto(1)))
    answer(worker, again, Outcome.NO_ANSWER)
    assert told(only(worker).attempts) == [(None, None), ("no_answer", None)]


def test_the_attempts_of_a_batch_are_those_of_each_of_its_records(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"))
    batch = worker.claim()
    answer(worker, batch, Outcome.REFUSED, 400)
    worker.sending.planned_again(batch.ids)
    for number in batch.ids:
        alone = claimed(worker.sending.claim_again([number], upto(1)))
        answer(worker, alone, Outcome.ACCEPTED, 200)
    for key in ("1", "2"):
        assert told(only(worker, key).attempts) == [("refused", 400), ("accepted", 200)]


def test_a_request_that_follows_another_belongs_to_the_same_attempt(worker: Worker) -> None:
    worker.plan(operation("1"))
    batch = worker.claim()
    worker.store.quota.take(worker.name, worker.rule, Sender(RUN, TRACE), "DELETE tag", batch.batch_id)
    worker.store.quota.take(worker.name, worker.rule, Sender(RUN, TRACE), "GET a question")
    assert [attempt.endpoint for attempt in only(worker).attempts] == ["single", "DELETE tag"]


def test_a_part_that_was_split_off_keeps_the_attempts_of_the_whole(worker: Worker) -> None:
    worker.plan(operation("1", groups=("core", "tags")))
    batch = worker.claim()
    answer(worker, batch, Outcome.REFUSED, 400)
    assert worker.sending.split(batch.operations[0], ["tags"], "400 tags")
    rest, part = history(worker).operations
    assert (sorted(rest.fingerprints), rest.state) == (["core"], State.PLANNED)
    assert (sorted(part.fingerprints), part.state, part.reason) == (["tags"], State.DEAD, "400 tags")
    assert told(rest.attempts) == told(part.attempts) == [("refused", 400)]


def test_operations_that_left_in_one_row_name_each_other(worker: Worker) -> None:
    worker.plan(operation("1", reference="p"), operation("2", reference="p"), operation("3"))
    worker.claim()
    worker.sending.planned_again([row.operation_id for row in worker.operations()])
    one, two = (only(worker, key).operation_id for key in ("1", "2"))
    worker.sending.claim_again([one, two], upto(2))
    assert (only(worker, "1").travelled_with, only(worker, "2").travelled_with) == ([two], [one])
    assert only(worker, "3").travelled_with == []


def test_changes_are_told_by_cut_with_what_became_of_them(worker: Worker, clock: FakeClock) -> None:
    first = worker.plan(operation("1", "a", groups=("core", "tags")))
    worker.accept_all()
    clock.advance(days=1)
    second = worker.plan(operation("1", "b"))
    third = worker.plan(operation("1", "c"))
    known = history(worker)
    assert [(one.cut, one.kind, one.groups, one.state) for one in known.changes] == [
        (first.cut, "update", ["core", "tags"], CutState.PLANNED),
        (second.cut, "update", ["core"], CutState.PLANNED),
        (third.cut, "update", ["core"], CutState.PLANNED),
    ]
    assert known.changes[1].read_at == clock.now()
    assert [one.state for one in known.operations] == [State.ACCEPTED, State.SUPERSEDED, State.PLANNED]
    assert [one.operations for one in known.changes] == [[one.operation_id] for one in known.operations]
    assert {group: value.fingerprint for group, value in known.acknowledged.items()} == {
        "core": "core=a",
        "tags": "tags=a",
    }


def test_what_a_release_before_sent_is_counted_and_not_told(worker: Worker, store: StateStore) -> None:
    worker.plan(operation("1"))
    worker.claim()
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE ledger SET permits = NULL")
    assert (only(worker).attempts_made, only(worker).attempts) == (1, [])


def test_a_record_never_changed_has_no_history(worker: Worker) -> None:
    worker.plan(operation("1"))
    assert history(worker, "2") == History([], [], {})
    assert SqlHistories(worker.store.database).history("lakeside", STREAM, "1") == History([], [], {})


def test_the_newest_finished_read_is_known_whatever_is_being_read(worker: Worker, clock: FakeClock) -> None:
    done = worker.ready_cut()
    worker.begin_cut()
    reads = SqlHistories(worker.store.database).reads(CUSTOMER, STREAM, ())
    assert [(read.cut, read.state, read.read_at, read.proven) for read in reads.values()] == [
        (done.cut, CutState.READY, clock.now(), True)
    ]


def test_what_an_operation_waits_for_is_known_by_its_own_state(worker: Worker) -> None:
    person, stranger = Need("contact", "VOMO", "ref-1"), Need("contact", "VOMO", "nobody")
    worker.plan(operation("1"))
    worker.accept_all()
    places = SqlHistories(worker.store.database).places(CUSTOMER, [person, stranger])
    assert (places[person].state, places[person].crm_id) == (State.ACCEPTED, None)
    assert (places[stranger].state, places[stranger].operation_id) == (None, None)
    worker.store.crm_ids.remember(worker.lease, {person: CrmId(7, 70)})
    assert SqlHistories(worker.store.database).places(CUSTOMER, [person])[person].crm_id == 7


def test_a_contact_leads_back_to_all_its_records_and_to_what_hangs_on_it(worker: Worker) -> None:
    worker.plan(write("contact", "1", reference="p"), write("contact", "2", reference="q"), write("note", "n"))
    waiting_of(worker).found({ids(worker, "note")[0]: CrmId(50, 7)}, Evidence.FOUND_THERE)
    for reference in ("p", "q"):
        worker.store.crm_ids.remember(worker.lease, {Need("contact", "VOMO", reference): CrmId(7, 70)})
    histories = SqlHistories(worker.store.database)
    places = histories.contacts(CUSTOMER, 7)
    assert [place.need.reference for place in places] == ["p", "q"]
    records = [record for place in places for record in histories.records_of(CUSTOMER, place.need)]
    assert [(record.stream, record.key) for record in records] == [(STREAM, "1"), (STREAM, "2")]
    note = Need("note", "VOMO", "ref-n")
    assert histories.hanging_on(CUSTOMER, 7, ("gift", "note")) == [NamedRecord(STREAM, "n", note, State.ACCEPTED, 50)]
    assert histories.contacts("lakeside", 7) == []


@pytest.mark.parametrize("keys", [[], ["1", "2", "3"]])
def test_the_newest_state_of_many_records_is_one_question(worker: Worker, keys: list[str]) -> None:
    worker.plan(operation("1"), operation("2"))
    worker.accept_all()
    worker.plan(operation("2", "b"))
    states = SqlHistories(worker.store.database).newest_states(CUSTOMER, STREAM, keys)
    expected = {"1": State.ACCEPTED, "2": State.PLANNED}
    assert {key: record.state for key, record in states.items()} == {k: v for k, v in expected.items() if k in keys}
