"""Claiming operations of every kind: what travels together, what goes first, and what is held back."""

from dataclasses import replace
from pathlib import Path

import pytest

from sync_pipeline.adapters.sql.frozen import frozen_state
from sync_pipeline.domain.backlog import delivery_batches
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.crm import contacts, gifts, notes, tags, volunteers
from sync_pipeline.domain.operation import PlannedOperation, SendingBatch
from sync_pipeline.domain.request import Request
from sync_pipeline.domain.routes import Routes, routes_of
from sync_pipeline_tests.adapters.sql.kinds_support import (
    BULK,
    PLAIN,
    ids,
    kinds,
    next_batch,
    rows,
    waiting_of,
    write,
)
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, RUN, Worker
from sync_pipeline_tests.clock import FakeClock

UNARCHIVED = contacts.unarchive(12)
HOURS = volunteers.record_hours(3, 60, {"hours": 1})
NOTE = notes.create(12, {"note": "x"})


def plan_bound(worker: Worker, operation: PlannedOperation, request: Request) -> int:
    """Plan one operation that waits and bind it; answers its id."""
    worker.plan(operation)
    one = ids(worker, operation.kind)[-1]
    waiting_of(worker).bind({one: request})
    return one


def bound_notes(worker: Worker, number: int) -> None:
    worker.plan(*(write("note", f"n{key}") for key in range(number)))
    waiting_of(worker).bind({one: notes.create(one, {"note": "x"}) for one in ids(worker, "note")})


class TestOneRequest:
    def test_a_request_goes_to_one_endpoint_and_the_order_is_that_of_the_kinds(self, worker: Worker) -> None:
        plan_bound(worker, write("note", "1"), NOTE)
        plan_bound(worker, write("attendance", "2"), HOURS)
        worker.plan(write("gift", "3"), write("contact", "4"), write("gift", "5"))
        plan_bound(worker, write("opportunity", "6"), volunteers.create_opportunity({"name": "x"}))
        sent = [next_batch(worker) for _ in range(5)]
        assert [(batch.endpoint, len(batch.ids)) for batch in sent] == [
            (gifts.TRANSACTION, 2),
            (volunteers.CREATE_OPPORTUNITY, 1),
            (contacts.TRANSACTION, 1),
            (volunteers.RECORD_HOURS, 1),
            (notes.CREATE, 1),
        ]
        assert worker.sending.claim(PLAIN) is None

    def test_a_request_names_one_reference_source_whatever_its_kind(self, worker: Worker) -> None:
        worker.plan(
            write("gift", "1", source="GIVING"), write("gift", "2", source="VOMO"), write("gift", "3", source="GIVING")
        )
        assert [kinds(next_batch(worker)) for _ in range(2)] == [
            ["save gift ref-1", "save gift ref-3"],
            ["save gift ref-2"],
        ]

    def test_every_request_is_counted_under_the_endpoint_it_went_to(self, worker: Worker) -> None:
        worker.plan(write("gift", "1"), write("gift", "2"), write("contact", "3"))
        bound_notes(worker, 3)
        while worker.sending.claim(BULK) is not None:
            pass
        used, _ = worker.store.quota.used_by_run(CUSTOMER, RUN)
        assert used == {gifts.BATCH: 1, contacts.TRANSACTION: 1, notes.BULK: 1}

    @pytest.mark.parametrize(
        ("routes", "sizes"),
        [
            (PLAIN, [1, 1, 1, 1, 1]),
            (BULK, [5]),
            (routes_of(2, bulk_notes=True, bulk_tags=False), [2, 2, 1]),
        ],
    )
    def test_notes_travel_together_only_where_the_bulk_endpoint_is(
        self, worker: Worker, routes: Routes, sizes: list[int]
    ) -> None:
        bound_notes(worker, 5)
        assert [len(next_batch(worker, routes).ids) for _ in sizes] == sizes
        assert worker.sending.claim(routes) is None

    def test_tags_travel_together_but_removals_go_one_by_one(self, worker: Worker) -> None:
        for key in "abc":
            plan_bound(worker, write("contact", key, action=Action.TAG), tags.bulk([tags.pair(4, 12)]))
        for key in "de":
            plan_bound(worker, write("contact", key, action=Action.TAG), tags.remove(9))
        batches = [next_batch(worker, BULK) for _ in range(3)]
        assert [(batch.endpoint, len(batch.ids)) for batch in batches] == [
            (tags.BULK, 3),
            (tags.REMOVE, 1),
            (tags.REMOVE, 1),
        ]

    def test_what_is_in_doubt_is_told_with_its_endpoint_and_what_was_sent(self, worker: Worker) -> None:
        worker.plan(write("gift", "1"))
        one = plan_bound(worker, write("note", "2"), NOTE)
        gift, note = next_batch(worker), next_batch(worker)
        assert [(batch.endpoint, batch.ids) for batch in worker.sending.in_doubt()] == [
            (gifts.TRANSACTION, gift.ids),
            (notes.CREATE, note.ids),
        ]
        worker.sending.accepted(gift.ids)
        (doubtful,) = worker.sending.doubtful([*gift.ids, one])
        assert (doubtful.operation_id, doubtful.request) == (one, NOTE.as_document())


class TestOneRecord:
    def test_a_contact_is_brought_back_before_it_is_saved(self, worker: Worker) -> None:
        worker.plan(
            write("contact", "1", action=Action.UNARCHIVE, groups=("presence",)),
            write("contact", "1"),
            write("contact", "2"),
        )
        assert kinds(next_batch(worker)) == ["save contact ref-2"]
        assert worker.sending.claim(PLAIN) is None
        waiting_of(worker).bind({ids(worker, "contact")[0]: UNARCHIVED})
        first = next_batch(worker)
        assert kinds(first) == ["unarchive contact ref-1"]
        assert worker.sending.claim(PLAIN) is None, "while it is in doubt nothing follows"
        worker.sending.accepted(first.ids)
        assert kinds(next_batch(worker)) == ["save contact ref-1"]

    def test_tags_are_taken_away_after_the_transaction_that_adds_others(self, worker: Worker) -> None:
        worker.plan(write("contact", "1"), write("contact", "1", action=Action.TAG, groups=("tags",)))
        waiting_of(worker).bind({ids(worker, "contact")[0]: tags.remove(9)})
        first = next_batch(worker)
        assert kinds(first) == ["save contact ref-1"]
        assert worker.sending.claim(PLAIN) is None
        worker.sending.accepted(first.ids)
        assert kinds(next_batch(worker)) == ["tag contact ref-1"]

    def test_a_deferred_first_step_holds_the_second_one_back(self, worker: Worker) -> None:
        worker.plan(write("contact", "1", action=Action.UNARCHIVE, groups=("presence",)), write("contact", "1"))
        waiting_of(worker).bind({ids(worker, "contact")[0]: UNARCHIVED})
        assert worker.sending.defer_planned("not there", UNARCHIVED.endpoint) == 1
        assert worker.sending.claim(PLAIN) is None
        worker.sending.retry_deferred()
        assert kinds(next_batch(worker)) == ["unarchive contact ref-1"]

    @pytest.mark.parametrize("end", ["dead", "review"])
    def test_a_first_step_that_a_person_has_to_look_at_holds_nothing_back(self, worker: Worker, end: str) -> None:
        worker.plan(write("contact", "1", action=Action.UNARCHIVE, groups=("presence",)), write("contact", "1"))
        (one,) = ids(worker, "contact")
        if end == "review":
            waiting_of(worker).review({one: "gone"})
        else:
            waiting_of(worker).bind({one: UNARCHIVED})
            worker.sending.dead(next_batch(worker).ids, "400")
        assert rows(worker)[0].state == end
        assert kinds(next_batch(worker)) == ["save contact ref-1"]

    def test_the_same_reference_of_another_kind_is_another_record(self, worker: Worker) -> None:
        """A platform numbers its people and its donations from 1."""
        worker.plan(write("gift", "1", reference="7"), write("note", "2", reference="7"))
        assert kinds(next_batch(worker)) == ["save gift 7"]
        worker.plan(write("contact", "3", reference="7"))
        assert kinds(next_batch(worker)) == ["save contact 7"]
        waiting_of(worker).bind({ids(worker, "note")[0]: NOTE})
        assert kinds(next_batch(worker)) == ["save note 7"]

    def test_a_reversal_waits_for_the_gift_that_is_on_its_way(self, worker: Worker) -> None:
        worker.plan(write("gift", "1"))
        sent = next_batch(worker)
        worker.plan(write("gift", "1", "gone", action=Action.REVERSE))
        assert ids(worker, "gift") == []
        worker.sending.accepted(sent.ids)
        waiting_of(worker).bind({ids(worker, "gift")[0]: gifts.reversal(5, "2026-03-04", "x")})
        assert kinds(next_batch(worker)) == ["reverse gift ref-1"]

    @pytest.mark.parametrize(("before", "replaces"), [(Action.SAVE, True), (Action.REMOVE, False)])
    def test_what_was_planned_while_hours_were_in_doubt_learns_what_there_is_to_replace(
        self, worker: Worker, before: Action, *, replaces: bool
    ) -> None:
        plan_bound(worker, write("attendance", "1", action=before), HOURS)
        sent = next_batch(worker)
        worker.plan(replace(write("attendance", "1", "corrected"), payload={"replaces": not replaces}))
        assert ids(worker, "attendance") == []
        worker.sending.accepted(sent.ids)
        [corrected] = waiting_of(worker).waiting("attendance")
        assert corrected.payload == {"replaces": replaces}


class TestBlockedEndpoints:
    def test_a_blocked_endpoint_gets_nothing_and_the_others_go_on(self, worker: Worker) -> None:
        worker.plan(write("contact", "1"), write("gift", "2"))
        plan_bound(worker, write("note", "3"), NOTE)
        blocked = {gifts.TRANSACTION, notes.CREATE}
        assert kinds(next_batch(worker, blocked=blocked)) == ["save contact ref-1"]
        assert worker.sending.claim(PLAIN, blocked) is None
        assert kinds(next_batch(worker, blocked={notes.CREATE})) == ["save gift ref-2"]

    def test_only_what_goes_to_an_endpoint_is_deferred_with_it(self, worker: Worker) -> None:
        worker.plan(write("contact", "1"), write("gift", "2"), write("gift", "3"), write("note", "4"))
        assert worker.sending.defer_planned("Virtuous does not take this", gifts.TRANSACTION) == 2
        assert worker.states() == [("1", "planned"), ("2", "deferred"), ("3", "deferred"), ("4", "waiting")]
        assert {row.reason for row in rows(worker) if row.state == "deferred"} == {"Virtuous does not take this"}

    def test_without_an_endpoint_everything_planned_is_deferred_and_what_waits_goes_on_waiting(
        self, worker: Worker
    ) -> None:
        worker.plan(write("contact", "1"), write("gift", "2"), write("note", "3"))
        assert worker.sending.defer_planned("an outage") == 2
        assert worker.states() == [("1", "deferred"), ("2", "deferred"), ("3", "waiting")]

    def test_a_bound_operation_keeps_its_request_through_a_night_of_waiting(self, worker: Worker) -> None:
        plan_bound(worker, write("note", "1"), NOTE)
        worker.sending.planned_again(next_batch(worker).ids)
        worker.sending.defer_planned("an outage")
        worker.sending.retry_deferred()
        (operation,) = next_batch(worker).operations
        assert (operation.request, operation.attempts) == (NOTE.as_document(), 2)

    @pytest.mark.parametrize("end", ["accepted", "dead"])
    def test_requests_hold_personal_data_and_go_when_they_are_needed_no_more(self, worker: Worker, end: str) -> None:
        plan_bound(worker, write("note", "1"), NOTE)
        sent = next_batch(worker).ids
        if end == "accepted":
            worker.sending.accepted(sent)
        else:
            worker.sending.dead(sent, "400")
        (row,) = rows(worker)
        assert (row.state, row.payload, row.request) == (end, None, None)


@pytest.mark.parametrize(
    "routes", [routes_of(2, bulk_notes=False, bulk_tags=False), routes_of(2, bulk_notes=True, bulk_tags=True)]
)
def test_the_sender_claims_what_is_foretold_whatever_the_kind(
    worker: Worker, database_url: str, clock: FakeClock, tmp_path: Path, routes: Routes
) -> None:
    bound_notes(worker, 3)
    worker.plan(write("contact", "back", action=Action.UNARCHIVE, groups=("presence",)), write("contact", "back"))
    waiting_of(worker).bind({ids(worker, "contact")[0]: UNARCHIVED})
    worker.plan(*(write("contact", f"c{number}") for number in range(3)))
    worker.plan(*(write("gift", f"g{number}", source="GIVING") for number in range(5)))
    plan_bound(worker, write("attendance", "h"), HOURS)
    worker.plan(replace(write("note", "waits"), payload={"contact": ["VOMO", "person-waits"]}))
    with frozen_state(database_url, clock, tmp_path) as frozen:
        foretold = list(delivery_batches(frozen.open_operations(CUSTOMER), routes))
    sent: list[tuple[str, int]] = []
    while isinstance(batch := worker.sending.claim(routes), SendingBatch):
        sent.append((routes.label(batch.endpoint, len(batch.ids)), len(batch.ids)))
        worker.sending.accepted(batch.ids)
    assert [(request.endpoint, request.rows) for request in foretold] == sent
