"""What an answer makes of operations on their way, and what waits for the next run."""

from dataclasses import replace
from datetime import date

from sync_pipeline.domain.operation import Evidence
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, RUN, STREAM, Worker, operation, upto
from sync_pipeline_tests.clock import FakeClock

MARCH_1 = date(2026, 3, 1)


def test_accepted_values_are_acknowledged_group_by_group(worker: Worker) -> None:
    worker.plan(operation("1", "a", groups=("core", "tags")), operation("2", "b"))
    batch = worker.claim()
    worker.sending.accepted(batch.ids)
    assert worker.acknowledged() == {("1", "core"): "core=a", ("1", "tags"): "tags=a", ("2", "core"): "core=b"}
    assert worker.acknowledging() == {"1": batch.ids[0], "2": batch.ids[1]}


def test_accepted_operations_forget_their_payload(worker: Worker, clock: FakeClock) -> None:
    """Payloads are personal data, kept only while an operation needs them."""
    worker.plan(operation("1"))
    batch = worker.claim()
    now = clock.advance(seconds=2)
    worker.sending.accepted(batch.ids, evidence=Evidence.REPEAT_ACCEPTED)
    (row,) = worker.operations()
    assert (row.state, row.payload, row.accepted_at) == ("accepted", None, now)
    assert (row.evidence, row.finished_in) == ("repeat_accepted", worker.run_id)


def test_a_newer_accepted_value_takes_the_place_of_the_acknowledged_one(worker: Worker) -> None:
    worker.plan(operation("1", "a", groups=("core", "tags")))
    worker.accept_all()
    worker.plan(operation("1", "b"))
    worker.accept_all()
    assert worker.acknowledged() == {("1", "core"): "core=b", ("1", "tags"): "tags=a"}


def test_a_refused_part_is_a_dead_letter_and_the_rest_is_planned_again(worker: Worker) -> None:
    change = operation("1", groups=("core", "birth_gender", "tags"))
    worker.plan(replace(change, payload={"firstName": "Ada", "gender": "F", "birthDay": "1", "tags": "a"}))
    (refused,) = worker.claim().operations
    assert worker.sending.split(refused, ["birth_gender"], "400 gender")
    assert worker.states() == [("1", "planned"), ("1", "dead")]
    rest = worker.claim()
    assert rest.ids == (refused.operation_id,)
    assert rest.operations[0].payload == {"firstName": "Ada", "tags": "a"}
    worker.sending.accepted(rest.ids)
    assert worker.acknowledged() == {("1", "core"): "core=a", ("1", "tags"): "tags=a"}
    standing = worker.store.positions.standing(CUSTOMER, STREAM)
    assert {known: what.state for known, what in standing.items()} == {("1", "birth_gender"): "dead"}
    assert [row.reason for row in worker.operations()] == [None, "400 gender"]
    assert worker.store.runs.outcomes(CUSTOMER, RUN) == {"dead": 1}


def test_a_part_is_parted_with_only_where_something_is_left(worker: Worker) -> None:
    worker.plan(operation("1", groups=("core",)), operation("2", groups=("tags",)))
    one, two = worker.claim().operations
    assert not worker.sending.split(one, ["birth_gender"], "400")
    assert not worker.sending.split(two, ["tags"], "400")
    assert worker.states() == [("1", "sending"), ("2", "sending")]


def test_a_refused_part_of_an_old_value_is_no_dead_letter(worker: Worker) -> None:
    worker.plan(operation("1", "a", groups=("core", "tags")))
    (refused,) = worker.claim().operations
    worker.plan(operation("1", "b", groups=("core", "tags")))
    assert not worker.sending.split(refused, ["tags"], "400")
    worker.sending.dead([refused.operation_id], "400")
    assert worker.states() == [("1", "superseded"), ("1", "planned")]


def test_only_what_is_on_its_way_can_be_accepted(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"))
    worker.sending.dead(worker.claim(1).ids, "400")
    worker.sending.accepted([row.operation_id for row in worker.operations()])
    assert worker.states() == [("1", "dead"), ("2", "planned")]
    assert worker.acknowledged() == {}


def test_what_did_not_happen_goes_back_into_the_queue_with_its_payload(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"))
    batch = worker.claim()
    worker.sending.planned_again(batch.ids)
    assert worker.states() == [("1", "planned"), ("2", "planned")]
    assert worker.sending.in_doubt() == []
    again = worker.claim()
    assert [one.payload for one in again.operations] == [one.payload for one in batch.operations]
    assert [one.attempts for one in again.operations] == [2, 2]


def test_what_did_not_happen_gives_way_to_a_newer_value(worker: Worker) -> None:
    """The newer one was planned while this one was in doubt; the older value must not be sent after it."""
    worker.plan(operation("1", "a"))
    batch = worker.claim()
    worker.plan(operation("1", "b"))
    worker.sending.planned_again(batch.ids)
    assert worker.states() == [("1", "superseded"), ("1", "planned")]
    assert [row.payload is None for row in worker.operations()] == [True, False]
    worker.accept_all()
    assert worker.acknowledged() == {("1", "core"): "core=b"}


def test_a_permanent_answer_makes_a_dead_letter_without_a_payload(worker: Worker) -> None:
    """A replay plans from the source's value; an old payload would be kept for nothing."""
    worker.plan(operation("1"))
    worker.sending.dead(worker.claim().ids, "400 email")
    (row,) = worker.operations()
    assert (row.state, row.reason, row.finished_in, row.payload) == ("dead", "400 email", worker.run_id, None)
    assert worker.sending.claim(upto(10)) is None


def test_a_refused_value_is_no_dead_letter_when_a_newer_one_took_its_place(worker: Worker) -> None:
    """A person could do nothing with it any more."""
    worker.plan(operation("1", "a"))
    batch = worker.claim()
    worker.plan(operation("1", "b"))
    worker.sending.dead(batch.ids, "400")
    worker.accept_all()
    assert worker.states() == [("1", "superseded"), ("1", "accepted")]


def test_only_what_is_planned_is_deferred(worker: Worker) -> None:
    worker.plan(*(operation(key) for key in "abcd"))
    worker.sending.accepted(worker.claim(1).ids)
    worker.claim(1)
    assert worker.sending.defer_planned("no answer") == 2
    assert worker.sending.counts() == {"accepted": 1, "sending": 1, "deferred": 2}
    assert {row.reason for row in worker.operations() if row.state == "deferred"} == {"no answer"}
    assert worker.sending.defer_planned("no answer") == 0


def test_deferred_operations_are_planned_again_with_their_payload(worker: Worker) -> None:
    worker.plan(operation("1"))
    worker.sending.defer_planned("an outage")
    worker.sending.retry_deferred()
    (row,) = worker.operations()
    assert (row.state, row.deferrals) == ("planned", 1)
    assert worker.claim().operations[0].payload == {"referenceId": "ref-1", "value": "a"}


def deferred_on(worker: Worker, *days: date) -> int:
    """Defer everything planned, and count each of the dates; answers how many operations died of the last one."""
    worker.sending.retry_deferred()
    worker.sending.defer_planned("an outage")
    return [worker.sending.count_deferrals(day) for day in days][-1]


def test_deferred_on_five_dates_is_dead(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"))
    assert deferred_on(worker, *(MARCH_1.replace(day=day) for day in (1, 2, 3, 4))) == 0
    assert worker.sending.counts() == {"deferred": 2}
    assert deferred_on(worker, MARCH_1.replace(day=5)) == 2
    assert worker.sending.counts() == {"dead": 2}
    for row in worker.operations():
        assert (row.reason, row.finished_in, row.payload) == ("an outage", worker.run_id, None)


def test_one_date_counts_once_however_often_it_is_noted(worker: Worker) -> None:
    worker.plan(operation("1"))
    assert deferred_on(worker, *[MARCH_1] * 10) == 0
    assert worker.sending.counts() == {"deferred": 1}


def test_dates_on_which_nothing_went_through_do_not_count(worker: Worker) -> None:
    """The stage notes no date then: a week's outage of Virtuous kills nothing."""
    worker.plan(operation("1"))
    for _ in range(7):
        worker.sending.defer_planned("an outage")
        worker.sending.retry_deferred()
    assert deferred_on(worker, MARCH_1) == 0
    assert worker.sending.counts() == {"deferred": 1}


def test_each_operation_counts_its_own_dates(worker: Worker) -> None:
    worker.plan(operation("1"))
    deferred_on(worker, *(MARCH_1.replace(day=day) for day in (1, 2, 3)))
    worker.plan(operation("2"))
    assert deferred_on(worker, *(MARCH_1.replace(day=day) for day in (4, 5))) == 1
    assert worker.states() == [("1", "dead"), ("2", "deferred")]


def test_counts_are_by_state_and_by_customer(worker: Worker, clock: FakeClock) -> None:
    other = Worker(worker.store, clock, customer="lakeside")
    other.plan(operation("1"))
    worker.plan(*(operation(key) for key in "abc"), operation("d", reason="no name"))
    worker.sending.accepted(worker.claim(2).ids)
    assert worker.sending.counts() == {"accepted": 2, "planned": 1, "dead": 1}
    assert other.sending.counts() == {"planned": 1}
