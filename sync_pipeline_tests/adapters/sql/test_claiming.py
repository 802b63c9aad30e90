"""Claiming: what leaves next, and what is written down before it does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from sync_pipeline.adapters.sql.sending import AHEAD
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.operation import PlannedOperation, Priority
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.domain.routes import Routes, routes_of
from sync_pipeline_tests.adapters.sql.support import (
    CUSTOMER,
    HOUR,
    RUN,
    Worker,
    claimed,
    contents,
    operation,
    refused,
    steps_of,
    upto,
)
from sync_pipeline_tests.clock import START, FakeClock


def keys(worker: Worker, limit: int = 100) -> list[str]:
    """Keys of the next batch, in its order."""
    return [one.reference_id.removeprefix("ref-") for one in worker.claim(limit).operations]


def test_nothing_planned_is_nothing_to_claim_and_takes_no_permit(worker: Worker) -> None:
    assert worker.sending.claim(upto(10)) is None
    assert worker.store.quota.used_by_run(CUSTOMER, RUN) == ({}, 0)


def test_a_claim_says_before_the_request_leaves_that_it_may_have_left(worker: Worker, clock: FakeClock) -> None:
    worker.plan(operation("1"), operation("2"))
    now = clock.advance(minutes=3)
    batch = worker.claim()
    assert [one.payload for one in batch.operations] == [
        {"referenceId": "ref-1", "value": "a"},
        {"referenceId": "ref-2", "value": "a"},
    ]
    assert batch.reference_source == "VOMO"
    for row in worker.operations():
        assert (row.state, row.attempts, row.batch_id, row.attempted_at) == ("sending", 1, batch.batch_id, now)
        assert row.payload is not None


def test_every_request_takes_one_permit_for_its_endpoint(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"), operation("3"))
    worker.claim(2)
    worker.claim(2)
    assert worker.store.quota.used_by_run(CUSTOMER, RUN) == ({"batch": 1, "single": 1}, 0)


def test_without_a_permit_nothing_is_marked_and_nothing_is_counted(store: StateStore, clock: FakeClock) -> None:
    rule = QuotaRule(1, HOUR, 1.0)
    worker = Worker(store, clock, rule=rule)
    worker.plan(operation("1"), operation("2"))
    batch = worker.claim(1)
    before = contents(store)
    refusal = refused(worker.sending.claim(upto(1)))
    assert refusal.until == clock.now() + rule.span
    assert refused(worker.sending.claim_again(batch.ids, upto(1))).until == refusal.until
    assert contents(store) == before
    clock.advance(seconds=rule.span.total_seconds())
    assert keys(worker) == ["2"]


def test_a_batch_holds_at_most_as_many_operations_as_asked_for(worker: Worker) -> None:
    worker.plan(*(operation(str(number)) for number in range(5)))
    assert [len(worker.claim(2).ids) for _ in range(3)] == [2, 2, 1]


def test_what_was_deferred_goes_first_then_by_priority_then_the_oldest(worker: Worker) -> None:
    worker.plan(
        operation("deferred update", priority=Priority.UPDATE),
        operation("deferred create", priority=Priority.CREATE),
        operation("deferred delete", priority=Priority.DELETE),
    )
    worker.sending.defer_planned("an outage")
    worker.sending.retry_deferred()
    worker.plan(
        operation("delete", priority=Priority.DELETE),
        operation("old update", priority=Priority.UPDATE),
        operation("create", priority=Priority.CREATE),
    )
    worker.plan(operation("young update", priority=Priority.UPDATE))
    assert keys(worker) == [
        "deferred create",
        "deferred delete",
        "deferred update",
        "create",
        "delete",
        "old update",
        "young update",
    ]


def test_what_was_deferred_often_does_not_go_before_what_was_deferred_once(worker: Worker) -> None:
    """Each night's leftovers keep their order: by priority, then the oldest."""
    worker.plan(operation("twice", priority=Priority.DELETE))
    worker.sending.defer_planned("an outage")
    worker.sending.retry_deferred()
    worker.plan(operation("once", priority=Priority.CREATE))
    worker.sending.defer_planned("an outage")
    worker.sending.retry_deferred()
    assert keys(worker) == ["once", "twice"]


def test_deferred_operations_stay_where_they_are_until_they_are_retried(worker: Worker) -> None:
    worker.plan(operation("1"))
    worker.sending.defer_planned("an outage")
    assert worker.sending.claim(upto(10)) is None
    worker.sending.retry_deferred()
    assert keys(worker) == ["1"]


def test_one_request_names_one_reference_source(worker: Worker) -> None:
    worker.plan(
        operation("1", source="VOMO"),
        operation("2", source="GIVING"),
        operation("3", source="VOMO"),
        operation("4", source="GIVING"),
    )
    assert keys(worker) == ["1", "3"]
    assert keys(worker) == ["2", "4"]


def test_the_same_reference_of_two_sources_is_two_records(worker: Worker) -> None:
    worker.plan(operation("1", source="VOMO", reference="7"), operation("2", source="GIVING", reference="7"))
    assert worker.claim().reference_source == "VOMO"
    assert worker.claim().reference_source == "GIVING"


def test_a_record_with_an_operation_in_doubt_waits_and_the_others_go(worker: Worker) -> None:
    worker.plan(operation("1", "a"))
    doubtful = worker.claim()
    worker.plan(operation("1", "b"), operation("2"))
    assert keys(worker) == ["2"]
    assert worker.sending.claim(upto(10)) is None
    worker.sending.accepted(doubtful.ids)
    assert keys(worker) == ["1"]


def test_a_newer_value_waits_until_a_request_without_an_answer_can_no_longer_arrive(
    store: StateStore, clock: FakeClock
) -> None:
    """Its repeat was accepted; the first one may still be on its way, and would undo what comes in between."""
    worker = Worker(store, clock, settle=timedelta(seconds=120))
    worker.plan(operation("1", "a"))
    silent = worker.claim()
    clock.advance(seconds=30)
    claimed(worker.sending.claim_again(silent.ids, upto(1)))
    worker.sending.accepted(silent.ids)
    worker.plan(operation("1", "b"), operation("2"))
    assert keys(worker) == ["2"]
    assert worker.sending.claim(upto(10)) is None
    assert worker.sending.unsettled_until() == START + timedelta(seconds=120)
    clock.advance(seconds=90)
    assert worker.sending.unsettled_until() is None
    assert keys(worker) == ["1"]


def test_a_request_that_was_answered_holds_nothing_up(store: StateStore, clock: FakeClock) -> None:
    worker = Worker(store, clock, settle=timedelta(seconds=120))
    worker.plan(operation("1", "a"))
    worker.sending.planned_again(worker.claim().ids)
    worker.sending.accepted(worker.claim().ids)
    worker.plan(operation("1", "b"))
    assert worker.sending.unsettled_until() is None
    assert keys(worker) == ["1"]


def test_two_keys_under_one_reference_never_travel_together(worker: Worker) -> None:
    """Two source rows that name the same contact: the older one goes first, the newer one after its answer."""
    worker.plan(operation("1", "a", reference="same"), operation("2", "b", reference="same"))
    first = worker.claim()
    assert len(first.ids) == 1
    assert worker.sending.claim(upto(10)) is None
    worker.sending.accepted(first.ids)
    second = worker.claim()
    assert second.ids > first.ids


def of_person(key: str, priority: Priority = Priority.UPDATE, **said: str) -> PlannedOperation:
    planned = operation(key, reference="7", priority=priority)
    return replace(planned, endpoint=contacts.TRANSACTION, payload={"referenceId": "7", **said})


def upto_people(limit: int) -> Routes:
    return routes_of(limit, bulk_notes=False, bulk_tags=False)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_everything_planned_for_one_person_travels_as_one_row(worker: Worker, limit: int) -> None:
    worker.plan(of_person("late", phone="1"))
    others = [operation(f"{number}", priority=Priority.UPDATE) for number in range(5)]
    worker.plan(*(replace(other, endpoint=contacts.TRANSACTION) for other in others))
    worker.plan(of_person("first", Priority.CREATE, email="a"))
    batch = claimed(worker.sending.claim(upto_people(limit)))
    assert len(batch.rows) == min(limit, 6)
    late, *_, first = [row.operation_id for row in worker.operations()]
    assert batch.rows[0] == (late, first)
    assert [one.rows for one in worker.sending.in_doubt()] == [tuple(sorted(batch.rows))]
    label = contacts.TRANSACTION if limit == 1 else contacts.BATCH
    assert worker.store.quota.used_by_run(CUSTOMER, RUN) == ({label: 1}, 0)


def test_two_addresses_of_one_person_travel_one_after_the_other(worker: Worker) -> None:
    worker.plan(of_person("a", city="Reno"), of_person("b", phone="1"), of_person("c", city="Elko"))
    one, two, three = [row.operation_id for row in worker.operations()]
    batch = claimed(worker.sending.claim(upto_people(100)))
    assert batch.rows == ((one, two),)
    assert worker.sending.claim(upto_people(100)) is None
    worker.sending.accepted(batch.ids)
    assert claimed(worker.sending.claim(upto_people(100))).rows == ((three,),)


def test_customers_claim_their_own_operations_only(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    worker.plan(operation("1"))
    other.plan(operation("1"))
    mine = worker.claim()
    assert len(mine.ids) == 1
    assert other.claim().ids != mine.ids


def test_what_is_in_doubt_is_told_by_the_request_it_left_in(worker: Worker) -> None:
    worker.plan(*(operation(key) for key in "abcde"))
    first, second, third = worker.claim(2), worker.claim(2), worker.claim(2)
    worker.sending.accepted(second.ids)
    assert [one.ids for one in worker.sending.in_doubt()] == [first.ids, third.ids]


def test_what_is_in_doubt_is_known_after_a_restart(worker: Worker, database_url: str, clock: FakeClock) -> None:
    worker.plan(operation("1"))
    batch = worker.claim()
    reopened = StateStore(database_url, clock)
    after = Worker(reopened, clock, lease=worker.lease)
    assert [one.ids for one in after.sending.in_doubt()] == [batch.ids]
    assert after.sending.counts() == {"sending": 1}
    reopened.close()


def test_a_repeat_sends_the_same_rows_with_the_same_payload_and_counts_as_an_attempt(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"))
    batch = worker.claim()
    again = claimed(worker.sending.claim_again(batch.ids, upto(1)))
    assert again.ids == batch.ids
    assert [one.payload for one in again.operations] == [one.payload for one in batch.operations]
    assert {one.attempts for one in again.operations} == {2}
    assert again.batch_id != batch.batch_id
    assert worker.store.quota.used_by_run(CUSTOMER, RUN) == ({"batch": 2}, 0)


def test_a_part_of_a_batch_can_be_repeated(worker: Worker) -> None:
    worker.plan(*(operation(key) for key in "abcd"))
    batch = worker.claim()
    half = claimed(worker.sending.claim_again(batch.ids[:2], upto(1)))
    assert half.ids == batch.ids[:2]
    assert sorted(one.ids for one in worker.sending.in_doubt()) == [batch.ids[:2], batch.ids[2:]]


def test_only_planned_operations_and_those_in_doubt_can_be_claimed_again(worker: Worker) -> None:
    worker.plan(*(operation(key) for key in "abcde"))
    batch = worker.claim()
    accepted, dead, planned, doubtful, deferred = batch.ids
    worker.sending.accepted([accepted])
    worker.sending.dead([dead], "400")
    worker.sending.planned_again([deferred])
    worker.sending.defer_planned("an outage")
    worker.sending.planned_again([planned])
    assert claimed(worker.sending.claim_again(batch.ids, upto(1))).ids == (planned, doubtful)
    assert worker.sending.claim_again([accepted, dead, deferred], upto(1)) is None


def test_the_ids_of_another_customer_cannot_be_claimed(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    worker.plan(operation("1"))
    other.plan(operation("1"))
    assert worker.sending.claim_again(other.claim().ids, upto(1)) is None


def test_payloads_keep_what_json_can_say(worker: Worker) -> None:
    payload = {"b": None, "a": [1, 2.5, True, {"ö": "ü"}], "when": datetime(2026, 3, 1, tzinfo=UTC).isoformat()}
    planned = operation("1")
    worker.plan(replace(planned, payload=payload))
    (sent,) = worker.claim().operations
    assert sent.payload == payload
    assert list(sent.payload) == list(payload)


def test_a_claim_looks_at_no_more_of_a_long_queue_than_it_takes(sqlite_url: str, clock: FakeClock) -> None:
    """The initial load of a large customer claims thousands of times."""
    store = StateStore(sqlite_url, clock)
    short, long = (Worker(store, clock, customer=name) for name in ("short", "long"))
    short.plan(*(operation(str(number)) for number in range(200)))
    long.plan(*(operation(str(number)) for number in range(2_000)))
    takes_short, takes_long = (steps_of(store.database, partial(each.claim, 50)) for each in (short, long))
    assert takes_long < 1.5 * takes_short
    store.close()


def test_nothing_waits_for_ever_behind_what_is_more_urgent(worker: Worker) -> None:
    """New people come every night, more than the quota takes; the update from yesterday has its turn all the same."""
    worker.plan(operation("update", priority=Priority.UPDATE))
    nights = 0
    while True:
        worker.plan(*(operation(f"new {nights} {number}") for number in range(3)))
        worker.sending.retry_deferred()
        sent = [worker.claim(1), worker.claim(1)]
        for batch in sent:
            worker.sending.accepted(batch.ids)
        nights += 1
        if ("update", "accepted") in worker.states():
            break
        assert nights < 5
        worker.clock.advance(hours=13)
    assert nights == 3


def test_what_was_deferred_after_a_day_keeps_its_place(worker: Worker) -> None:
    worker.plan(operation("update", priority=Priority.UPDATE))
    worker.clock.advance(hours=25)
    worker.sending.retry_deferred()
    worker.sending.defer_planned("an outage")
    worker.sending.retry_deferred()
    assert [row.priority for row in worker.operations()] == [Priority.UPDATE - AHEAD]
