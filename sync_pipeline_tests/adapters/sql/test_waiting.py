"""Waiting: bound to a request, found already there, or kept; by the holder of the lease, and only what waits."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.waiting import EXAMPLES
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.crm import notes, volunteers
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import LEASE_SECONDS
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import Evidence, State
from sync_pipeline.domain.request import Request
from sync_pipeline.ports import WaitingGroup
from sync_pipeline_tests.adapters.sql.kinds_support import PLAIN, ids, kinds, next_batch, rows, waiting_of, write
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, STREAM, Worker, contents, holder_elsewhere
from sync_pipeline_tests.clock import START, FakeClock

NOTE = notes.create(12, {"type": "General", "note": "x"})
SIGN_UP = Need("volunteer", "virtuous", "3/30")


def bind_all(worker: Worker, kind: str = "note", request: Request = NOTE) -> None:
    waiting_of(worker).bind(dict.fromkeys(ids(worker, kind), request))


class TestBinding:
    def test_what_waits_is_not_sent(self, worker: Worker) -> None:
        worker.plan(write("note", "1"))
        assert worker.sending.claim(PLAIN) is None
        (row,) = rows(worker)
        assert (row.state, row.endpoint, row.request, row.attempts) == ("waiting", None, None, 0)

    def test_a_bound_operation_sends_exactly_the_request_it_was_bound_to(self, worker: Worker) -> None:
        request = Request("PUT", "/api/X/{id}", {"id": 3}, {"full": True}, [{"a": None}], followers=(NOTE,))
        worker.plan(write("note", "1"))
        bind_all(worker, request=request)
        (operation,) = next_batch(worker).operations
        assert operation.request is not None
        assert Request.from_document(operation.request) == request
        assert operation.payload == {"value": "a"}
        (row,) = rows(worker)
        assert (row.endpoint, row.waits_for) == ("PUT /api/X/{id}", None)

    def test_what_waits_is_told_by_kind_oldest_first(self, worker: Worker) -> None:
        worker.plan(write("note", "1"), write("contact", "2", action=Action.ARCHIVE), write("note", "3", "b"))
        first, second = waiting_of(worker).waiting("note")
        assert (first.kind, first.action, first.reference_source, first.reference_id) == (
            "note",
            "save",
            "VOMO",
            "ref-1",
        )
        assert (first.payload, first.waits_for) == ({"value": "a"}, "contact VOMO/person-1")
        assert second.reference_id == "ref-3"
        assert first.operation_id < second.operation_id
        assert [operation.action for operation in waiting_of(worker).waiting("contact")] == ["archive"]

    def test_several_are_bound_at_once_each_to_its_own_request(self, worker: Worker) -> None:
        worker.plan(*(write("note", key) for key in "abc"))
        requests = {one: notes.create(one, {"note": "x"}) for one in ids(worker, "note")}
        waiting_of(worker).bind(requests)
        assert {row.operation_id: row.request["body"]["contactId"] for row in rows(worker)} == {
            one: one for one in requests
        }

    def test_the_reason_to_wait_may_become_another(self, worker: Worker) -> None:
        worker.plan(write("attendance", "1"), write("attendance", "2"))
        first, second = ids(worker, "attendance")
        waiting_of(worker).wait_for({first: "opportunity VOMO/p-3"})
        assert [row.waits_for for row in rows(worker)] == ["opportunity VOMO/p-3", "contact VOMO/person-2"]
        assert ids(worker, "attendance") == [first, second]

    def test_what_will_not_come_by_itself_is_for_a_person(self, worker: Worker) -> None:
        worker.plan(write("note", "1"), write("note", "2"))
        first, second = ids(worker, "note")
        waiting_of(worker).review({first: "the note is not there any more"})
        reviewed, other = rows(worker)
        assert (reviewed.state, reviewed.reason, reviewed.finished_in) == (
            "review",
            "the note is not there any more",
            worker.run_id,
        )
        assert reviewed.payload is None, "a replay plans from the source's value"
        assert (other.operation_id, other.state) == (second, "waiting")

    def test_what_is_there_already_counts_as_acknowledged_with_the_id_it_has(
        self, worker: Worker, clock: FakeClock
    ) -> None:
        worker.plan(write("opportunity", "1", groups=("core", "extra")), write("opportunity", "2"))
        now = clock.advance(minutes=5)
        waiting_of(worker).found({ids(worker, "opportunity")[0]: CrmId(3)}, Evidence.FOUND_THERE)
        found, other = rows(worker)
        assert (found.state, found.evidence, found.accepted_at, found.finished_in) == (
            "accepted",
            Evidence.FOUND_THERE,
            now,
            worker.run_id,
        )
        assert (found.payload, found.request, found.waits_for) == (None, None, None)
        assert other.state == "waiting"
        assert worker.acknowledged() == {("1", "core"): "core=a", ("1", "extra"): "extra=a"}
        need = Need("opportunity", "VOMO", "ref-1")
        assert worker.store.crm_ids.known(CUSTOMER, [need]) == {need: CrmId(3)}

    def test_nothing_decided_changes_nothing(self, worker: Worker) -> None:
        worker.plan(write("note", "1"))
        before = contents(worker.store)
        waiting = waiting_of(worker)
        waiting.bind({})
        waiting.wait_for({})
        waiting.review({})
        waiting.found({}, Evidence.FOUND_THERE)
        waiting.plan_sign_ups({})
        assert contents(worker.store) == before


DECISIONS: dict[str, Callable[[Worker, int], None]] = {
    "bind": lambda worker, one: waiting_of(worker).bind({one: NOTE}),
    "wait_for": lambda worker, one: waiting_of(worker).wait_for({one: "something else"}),
    "review": lambda worker, one: waiting_of(worker).review({one: "gone"}),
    "found": lambda worker, one: waiting_of(worker).found({one: CrmId(3)}, Evidence.FOUND_THERE),
}
EVERY_DECISION = pytest.mark.parametrize("decide", list(DECISIONS.values()), ids=list(DECISIONS))


def accept(worker: Worker, _: int) -> None:
    worker.sending.accepted(next_batch(worker).ids)


def bury(worker: Worker, _: int) -> None:
    worker.sending.dead(next_batch(worker).ids, "400")


MOVES: dict[str, Callable[[Worker, int], object]] = {
    "planned": lambda _, __: None,
    "sending": lambda worker, _: next_batch(worker),
    "accepted": accept,
    "dead": bury,
    "deferred": lambda worker, _: worker.sending.defer_planned("an outage"),
    "superseded": lambda worker, _: worker.plan(write("note", "1", "b", is_acknowledged=True)),
}


class TestOnlyWhatWaits:
    @EVERY_DECISION
    @pytest.mark.parametrize("state", MOVES)
    def test_an_operation_that_went_on_is_left_alone(
        self, worker: Worker, decide: Callable[[Worker, int], None], state: str
    ) -> None:
        """A decision that was made on what waited a moment ago comes too late."""
        worker.plan(write("note", "1"))
        (one,) = ids(worker, "note")
        bind_all(worker)
        MOVES[state](worker, one)
        assert rows(worker)[0].state == state
        before = contents(worker.store)
        decide(worker, one)
        assert contents(worker.store) == before

    @EVERY_DECISION
    def test_the_operations_of_another_customer_are_left_alone(
        self, store: StateStore, clock: FakeClock, decide: Callable[[Worker, int], None]
    ) -> None:
        worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
        other.plan(write("note", "1"))
        (theirs,) = ids(other, "note")
        before = contents(store)
        decide(worker, theirs)
        assert contents(store) == before
        assert ids(worker, "note") == []

    @pytest.mark.parametrize("name", [*DECISIONS, "plan_sign_ups", "remember"])
    def test_who_lost_the_lease_changes_nothing(self, store: StateStore, clock: FakeClock, name: str) -> None:
        old = Worker(store, clock, lease=store.leases.acquire(CUSTOMER, holder_elsewhere()))
        old.plan(write("note", "1"))
        (one,) = ids(old, "note")
        writes = {
            **DECISIONS,
            "plan_sign_ups": lambda worker, _: waiting_of(worker).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)}),
            "remember": lambda worker, _: store.crm_ids.remember(worker.lease, {SIGN_UP: CrmId(1)}),
        }
        clock.advance(seconds=LEASE_SECONDS)
        assert store.leases.acquire(CUSTOMER, this_process())
        before = contents(store)
        with pytest.raises(BusyError):
            writes[name](old, one)
        assert contents(store) == before


class TestNewerValues:
    def test_a_newer_value_takes_the_place_of_a_waiting_one(self, worker: Worker) -> None:
        worker.plan(write("note", "1", "a"))
        worker.plan(write("note", "1", "b"))
        old, new = rows(worker)
        assert (old.state, old.payload, old.finished_in) == ("superseded", None, worker.run_id)
        assert (new.state, new.payload) == ("waiting", {"value": "b"})
        assert ids(worker, "note") == [new.operation_id]

    def test_a_bound_operation_gives_way_to_a_newer_value(self, worker: Worker) -> None:
        worker.plan(write("note", "1", "a"))
        bind_all(worker)
        worker.plan(write("note", "1", "b"))
        old, new = rows(worker)
        assert (old.state, new.state) == ("superseded", "waiting")
        assert (old.payload, old.request) == (None, None), "personal data goes when it is needed no more"
        assert worker.sending.claim(PLAIN) is None

    def test_the_way_back_to_what_virtuous_has_ends_a_waiting_operation_and_waits_for_nothing(
        self, worker: Worker
    ) -> None:
        worker.plan(write("note", "1", "a"))
        bind_all(worker)
        accept(worker, 0)
        worker.plan(write("note", "1", "b"))
        worker.plan(write("note", "1", "a", is_acknowledged=True))
        assert [(row.state, row.waits_for) for row in rows(worker)][-1] == ("superseded", None)
        assert [row.state for row in rows(worker)] == ["accepted", "superseded", "superseded"]

    def test_all_writes_of_a_record_give_way_together(self, worker: Worker) -> None:
        """A person archived, then changed: bringing back and saving are planned anew as a pair."""
        worker.plan(
            write("contact", "1", action=Action.UNARCHIVE, groups=("presence",)),
            write("contact", "1", groups=("core",)),
        )
        worker.plan(write("contact", "1", "b", action=Action.ARCHIVE))
        assert [row.state for row in rows(worker)] == ["superseded", "superseded", "waiting"]


class TestSignUps:
    def test_a_sign_up_is_planned_as_a_request_of_its_own_before_the_hours(self, worker: Worker) -> None:
        worker.plan(write("attendance", "1"))
        bind_all(worker, "attendance", volunteers.record_hours(3, 60, {"hours": 1}))
        waiting_of(worker).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)})
        first, second = next_batch(worker), next_batch(worker)
        assert (first.endpoint, kinds(first)) == (volunteers.SIGN_UP, ["save volunteer 3/30"])
        assert first.operations[0].request == volunteers.sign_up(3, 30).as_document()
        assert kinds(second) == ["save attendance ref-1"]

    @pytest.mark.parametrize("end", [None, accept, bury])
    def test_it_is_planned_once_and_a_dead_one_not_again(
        self, worker: Worker, end: Callable[[Worker, int], None] | None
    ) -> None:
        other = Need("volunteer", "virtuous", "3/31")
        waiting_of(worker).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)})
        if end is not None:
            end(worker, 0)
        later = worker.in_run("run-2")
        sign_ups = {SIGN_UP: volunteers.sign_up(3, 30), other: volunteers.sign_up(3, 31)}
        waiting_of(later).plan_sign_ups(sign_ups)
        assert [row.reference_id for row in rows(worker)] == ["3/30", "3/31"]

    def test_the_id_that_virtuous_gives_the_volunteer_is_kept(self, worker: Worker) -> None:
        waiting_of(worker).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)})
        batch = next_batch(worker)
        worker.sending.accepted(batch.ids, crm_ids={batch.ids[0]: CrmId(60)})
        assert worker.store.crm_ids.known(CUSTOMER, [SIGN_UP]) == {SIGN_UP: CrmId(60)}

    def test_customers_sign_up_apart(self, store: StateStore, clock: FakeClock) -> None:
        workers = [Worker(store, clock), Worker(store, clock, customer="lakeside")]
        for each in workers:
            waiting_of(each).plan_sign_ups({SIGN_UP: volunteers.sign_up(3, 30)})
        assert [len(rows(each)) for each in workers] == [1, 1]


class TestPeople:
    def test_people_are_looked_for_unless_they_are_still_on_their_way(self, worker: Worker, clock: FakeClock) -> None:
        worker.plan(*(write("contact", key) for key in ("arrived", "refused", "planned")))
        arrived, refused, planned, stranger = (
            Need("contact", "VOMO", f"ref-{name}") for name in ("arrived", "refused", "planned", "stranger")
        )
        planned_at = clock.now()
        batch = next_batch(worker)
        clock.advance(minutes=1)
        worker.sending.accepted(batch.ids[:1])
        worker.sending.dead(batch.ids[1:2], "400")
        worker.sending.planned_again(batch.ids[2:])
        sent = waiting_of(worker).accepted_people([arrived, refused, planned, stranger])
        assert sent == {arrived: planned_at, stranger: None}

    def test_it_is_the_first_time_that_counts(self, worker: Worker, clock: FakeClock) -> None:
        person = Need("contact", "VOMO", "ref-1")
        first = clock.now()
        for value in "ab":
            worker.plan(write("contact", "1", value))
            worker.accept_all()
            clock.advance(days=1)
        assert waiting_of(worker).accepted_people([person]) == {person: first}

    def test_the_same_reference_of_another_source_or_kind_is_somebody_else(self, worker: Worker) -> None:
        worker.plan(write("contact", "1", reference="7"), write("gift", "2", reference="8"))
        needs = [Need("contact", "GIVING", "7"), Need("contact", "VOMO", "8")]
        assert waiting_of(worker).accepted_people(needs) == dict.fromkeys(needs)
        assert waiting_of(worker).accepted_people([]) == {}

    def test_the_record_behind_a_person_is_the_one_last_planned_under_the_reference(
        self, store: StateStore, clock: FakeClock
    ) -> None:
        worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
        worker.plan(write("contact", "old", reference="7"), write("gift", "gift", reference="7"))
        worker.plan(write("contact", "new", reference="7"), write("contact", "theirs", reference="7", source="GIVING"))
        other.plan(write("contact", "elsewhere", reference="7"))
        waiting = waiting_of(worker)
        assert waiting.record_of(Need("contact", "VOMO", "7")) == (STREAM, "new")
        assert waiting.record_of(Need("contact", "GIVING", "7")) == (STREAM, "theirs")
        assert waiting.record_of(Need("gift", "VOMO", "7")) == (STREAM, "gift")
        assert waiting.record_of(Need("contact", "VOMO", "8")) is None
        assert waiting_of(other).record_of(Need("contact", "VOMO", "7")) == (STREAM, "elsewhere")


class TestGroups:
    def test_what_waits_is_told_by_what_it_waits_for_with_a_few_examples(
        self, worker: Worker, clock: FakeClock
    ) -> None:
        worker.plan(*(write("note", f"{number}") for number in range(5)))
        clock.advance(hours=1)
        worker.plan(
            write("note", "5", waits_for="contact VOMO/person-0"),
            write("attendance", "6", waits_for="opportunity VOMO/p-3"),
            write("attendance", "7"),
            write("contact", "8", action=Action.ARCHIVE),
            write("contact", "9"),
        )
        hour = START + timedelta(hours=1)
        assert worker.store.waiting_groups(CUSTOMER) == [
            WaitingGroup("attendance", "save", "opportunity", 1, hour, ("opportunity VOMO/p-3",)),
            WaitingGroup("attendance", "save", "contact", 1, hour, ("contact VOMO/person-7",)),
            WaitingGroup("contact", "archive", "contact", 1, hour, ("contact VOMO/person-8",)),
            WaitingGroup(
                "note",
                "save",
                "contact",
                6,
                START,
                tuple(f"contact VOMO/person-{number}" for number in range(EXAMPLES)),
            ),
        ]

    def test_only_what_waits_is_told(self, worker: Worker) -> None:
        worker.plan(write("note", "1"))
        bind_all(worker)
        assert worker.store.waiting_groups(CUSTOMER) == []
        assert worker.store.ledger_counts(CUSTOMER) == {State.PLANNED: 1}
