"""The ids that Virtuous gave our records: kept, found again, and forgotten when the organization moves."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import event

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.crm import notes, volunteers
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline_tests.adapters.sql.kinds_support import PLAIN, ids, next_batch, rows, waiting_of, write
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, STREAM, Worker
from sync_pipeline_tests.clock import FakeClock

PERSON = Need("contact", "VOMO", "7")
GIFT = Need("gift", "VOMO", "7")
DONOR = Need("contact", "GIVING", "7")


def test_ids_are_known_by_kind_source_and_reference(worker: Worker) -> None:
    given = {PERSON: CrmId(12, 30), GIFT: CrmId(13), DONOR: CrmId(14, 31)}
    worker.store.crm_ids.remember(worker.lease, given)
    assert worker.store.crm_ids.known(CUSTOMER, [*given, Need("contact", "VOMO", "8")]) == given
    assert worker.store.crm_ids.known(CUSTOMER, []) == {}


def test_an_id_that_changed_takes_the_place_of_the_old_one(worker: Worker) -> None:
    """Staff merged the contact into another one."""
    worker.store.crm_ids.remember(worker.lease, {PERSON: CrmId(12, 30), DONOR: CrmId(14)})
    worker.store.crm_ids.remember(worker.lease, {PERSON: CrmId(15, 33)})
    assert worker.store.crm_ids.known(CUSTOMER, [PERSON, DONOR]) == {PERSON: CrmId(15, 33), DONOR: CrmId(14)}


def test_ids_that_stand_for_a_record_are_told_by_kind(worker: Worker) -> None:
    worker.store.crm_ids.remember(worker.lease, {PERSON: CrmId(12), DONOR: CrmId(14), GIFT: CrmId(13)})
    assert worker.store.crm_ids.taken(CUSTOMER, "contact") == {12, 14}
    assert worker.store.crm_ids.taken(CUSTOMER, "opportunity") == set()


def test_customers_know_their_own_ids_only(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    store.crm_ids.remember(worker.lease, {PERSON: CrmId(12)})
    store.crm_ids.remember(other.lease, {PERSON: CrmId(99)})
    assert store.crm_ids.known(CUSTOMER, [PERSON]) == {PERSON: CrmId(12)}
    assert store.crm_ids.taken("lakeside", "contact") == {99}


def test_an_accepted_operation_keeps_the_id_that_the_answer_gave(worker: Worker) -> None:
    worker.plan(write("contact", "7", reference="7"), write("contact", "8", reference="8"))
    batch = next_batch(worker)
    worker.sending.accepted(batch.ids, crm_ids={batch.ids[0]: CrmId(12, 30)})
    assert worker.store.crm_ids.known(CUSTOMER, [PERSON, Need("contact", "VOMO", "8")]) == {PERSON: CrmId(12, 30)}
    assert [row.state for row in worker.operations()] == ["accepted", "accepted"]


def test_an_operation_that_is_not_on_its_way_gives_no_id(worker: Worker) -> None:
    worker.plan(write("contact", "7", reference="7"))
    batch = next_batch(worker)
    worker.sending.dead(batch.ids, "400")
    worker.sending.accepted(batch.ids, crm_ids={batch.ids[0]: CrmId(12)})
    assert worker.store.crm_ids.known(CUSTOMER, [PERSON]) == {}


def test_ids_are_forgotten_when_the_organization_moves(store: StateStore, clock: FakeClock) -> None:
    """In the new one the same number is somebody else."""
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    for each in (worker, other):
        store.crm_ids.remember(each.lease, {PERSON: CrmId(12), GIFT: CrmId(13)})
    store.planning.forget_acknowledged(worker.lease)
    assert store.crm_ids.known(CUSTOMER, [PERSON, GIFT]) == {}
    assert store.crm_ids.known("lakeside", [PERSON, GIFT]) == {PERSON: CrmId(12), GIFT: CrmId(13)}


def bound_note(worker: Worker) -> None:
    worker.plan(write("note", "1"))
    waiting_of(worker).bind(dict.fromkeys(ids(worker, "note"), notes.create(12, {"note": "x"})))


@pytest.mark.parametrize("state", ["planned", "deferred", "sending"])
def test_nothing_bound_to_an_id_of_the_old_organization_is_sent_to_the_new_one(worker: Worker, state: str) -> None:
    """The note would land on a stranger. What was open is new again to the next comparison."""
    bound_note(worker)
    if state == "deferred":
        worker.sending.defer_planned("an outage")
    elif state == "sending":
        next_batch(worker)
    worker.store.planning.forget_acknowledged(worker.lease)
    worker.sending.retry_deferred()
    assert worker.sending.claim(PLAIN) is None
    assert worker.sending.in_doubt() == []
    (row,) = rows(worker)
    assert (row.state, row.payload, row.request) == ("superseded", None, None)
    assert worker.store.positions.standing(CUSTOMER, STREAM) == {}


def test_open_operations_of_other_customers_stay(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    for each in (worker, other):
        bound_note(each)
    store.planning.forget_acknowledged(worker.lease)
    assert len(next_batch(other).ids) == 1


def test_a_sign_up_in_the_old_organization_is_none_in_the_new_one(worker: Worker) -> None:
    """The same two numbers are another person at another opportunity there."""
    sign_up = {Need("volunteer", "virtuous", "3/30"): volunteers.sign_up(3, 30)}
    waiting_of(worker).plan_sign_ups(sign_up)
    worker.sending.accepted(next_batch(worker).ids)
    worker.store.planning.forget_acknowledged(worker.lease)
    waiting_of(worker).plan_sign_ups(sign_up)
    assert rows(worker)[-1].state == "planned"


def test_very_many_can_be_asked_for_at_once(worker: Worker) -> None:
    """The first night of a large customer waits for everybody."""

    @event.listens_for(worker.store.database.engine, "connect")
    def as_most_are_compiled(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)

    last = Need("contact", "VOMO", "49999")
    worker.store.crm_ids.remember(worker.lease, {last: CrmId(12)})
    needs = [Need("contact", "VOMO", str(number)) for number in range(50_000)]
    assert worker.store.crm_ids.known(CUSTOMER, needs) == {last: CrmId(12)}
