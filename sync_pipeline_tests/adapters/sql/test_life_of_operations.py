"""Any order of reading, planning, sending, answers and crashes: the rules of DESIGN section 5 hold for every record."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.operation import PlannedOperation, Priority, SendingBatch, State
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.standing import needs_write
from sync_pipeline_tests.adapters.sql.machines import run_machine
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, STREAM, Worker, claimed, operation, upto
from sync_pipeline_tests.clock import FakeClock

KEYS = ("1", "2", "3")
VALUES = {"a": Priority.UPDATE, "b": Priority.CREATE, "c": Priority.DELETE}
CHUNK = 2
ANSWERS = ("accepted", "silence", "silence after the effect", "refused")


class Night(RuleBasedStateMachine):
    """One customer. `virtuous` holds what really took effect there, whatever was answered."""

    url: str
    numbers: Iterator[int]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.source: dict[str, str] = {}
        self.virtuous: dict[str, str] = {}
        self.last_accepted: dict[str, str] = {}
        self.planned: Counter[str] = Counter()
        self.over: dict[int, State] = {}
        self.newest_sent: dict[str, int] = {}
        self.on_their_way: list[SendingBatch] = []
        self.change_sets: dict[int, list[PlannedOperation]] = {}
        self.customer = f"{CUSTOMER}-{next(self.numbers)}"  # every example has a customer of its own in one store

        self.store = StateStore(self.url, self.clock)
        self.begin()

    def begin(self) -> None:
        """A process takes the lease and begins a run; it knows what the database knows."""
        self.worker = Worker(self.store, self.clock, customer=self.customer, run_id=f"run-{next(self.numbers)}")
        self.sending = self.worker.sending

    def teardown(self) -> None:
        self.store.leases.release(self.worker.lease)
        self.store.close()
        self.on_their_way.clear()
        self.store = StateStore(self.url, self.clock)
        self.begin()
        try:
            self.finish_everything()
        finally:
            self.store.close()

    # What happens around us.

    @rule(values=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(sorted(VALUES)), min_size=1))
    def records_are_edited_and_read(self, values: dict[str, str]) -> None:
        """A cut is compared; planning it is another step, and may not come before a crash."""
        self.source |= values
        self.plan_ready_cuts()
        cut = self.worker.ready_cut()
        self.change_sets[cut.cut] = self.changes()

    @rule(values=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(sorted(VALUES)), min_size=1))
    def records_are_edited_read_and_planned(self, values: dict[str, str]) -> None:
        self.records_are_edited_and_read(values)
        self.plan_ready_cuts()

    @rule()
    def the_process_is_killed(self) -> None:
        """Everything in memory is gone; the next process goes on with what is in the database."""
        self.store.leases.release(self.worker.lease)  # the pid of this process lives on: let nobody wait for it
        self.on_their_way.clear()
        self.begin()

    # What a run does.

    def changes(self) -> list[PlannedOperation]:
        standing = self.store.positions.standing(self.customer, STREAM)
        acknowledged = self.worker.acknowledged()
        return [
            operation(
                key, value, priority=VALUES[value], is_acknowledged=acknowledged.get((key, "core")) == f"core={value}"
            )
            for key, value in self.source.items()
            if needs_write(f"core={value}", acknowledged.get((key, "core")), standing.get((key, "core")))
        ]

    @rule()
    @precondition(lambda self: self.change_sets)
    def the_first_chunk_of_a_change_set_is_planned(self) -> None:
        """The crash between two chunks: whoever plans next starts over."""
        for cut in self.ready_cuts()[:1]:
            self.store.planning.plan(self.worker.lease, cut, self.change_sets[cut.cut][:CHUNK])

    def plan_ready_cuts(self) -> None:
        for cut in self.ready_cuts():
            changes = self.change_sets[cut.cut]
            for start in range(0, len(changes), CHUNK):
                self.store.planning.plan(self.worker.lease, cut, changes[start : start + CHUNK])
            self.store.cuts.finish_planning(self.worker.lease, cut)
            self.planned.update(change.links[0].key for change in changes)

    def ready_cuts(self) -> list[CutRow]:
        return self.store.cuts.cuts(self.customer, [CutState.READY])

    @rule(limit=st.integers(1, 3))
    def a_batch_leaves(self, limit: int) -> None:
        batch = self.sending.claim(upto(limit))
        if isinstance(batch, SendingBatch):
            self.note_sent(batch)
            self.on_their_way.append(batch)

    @rule(answer=st.sampled_from([*ANSWERS, "throttled"]))
    @precondition(lambda self: self.on_their_way)
    def an_answer_arrives(self, answer: str) -> None:
        self.answer(self.on_their_way.pop(), answer)

    @rule(limit=st.integers(1, 3), answer=st.sampled_from([*ANSWERS, "throttled"]))
    def a_batch_leaves_and_is_answered(self, limit: int, answer: str) -> None:
        self.a_batch_leaves(limit)
        if self.on_their_way:
            self.an_answer_arrives(answer)

    @rule(answer=st.sampled_from(ANSWERS))
    @precondition(lambda self: not self.on_their_way)
    def what_is_in_doubt_is_repeated(self, answer: str) -> None:
        for ids in [batch.ids for batch in self.sending.in_doubt()]:
            batch = claimed(self.sending.claim_again(ids, upto(1)))
            assert batch.ids == ids
            self.note_sent(batch)
            self.answer(batch, answer)

    def answer(self, batch: SendingBatch, answer: str) -> None:
        values = {sent.reference_id.removeprefix("ref-"): sent.payload["value"] for sent in batch.operations}
        if answer in {"accepted", "silence after the effect"}:
            self.virtuous |= values
        if answer == "accepted":
            self.sending.accepted(batch.ids)
            self.last_accepted |= values
        elif answer == "refused":
            self.sending.dead(batch.ids, "400")
        elif answer == "throttled":
            self.sending.planned_again(batch.ids)

    @rule()
    def the_slice_gives_up_until_the_next_night(self) -> None:
        self.sending.defer_planned("no answer")
        self.sending.count_deferrals(self.clock.now().date())
        self.worker.move_checkpoints()
        self.clock.advance(days=1)
        self.sending.retry_deferred()

    # What must hold at any moment.

    @invariant()
    def the_rules_hold(self) -> None:
        rows = self.worker.operations()
        self.no_record_is_on_its_way_twice(rows)
        self.whatever_waits_is_the_newest_of_its_record(rows)
        self.nothing_planned_disappears_or_is_planned_twice(rows)
        self.what_is_over_stays_over(rows)
        self.payloads_are_kept_only_while_they_are_needed(rows)
        acknowledged = {key: value.removeprefix("core=") for (key, _), value in self.worker.acknowledged().items()}
        assert acknowledged == self.last_accepted

    def no_record_is_on_its_way_twice(self, rows: list[Any]) -> None:
        on_their_way = [row.key for row in rows if row.state == State.SENDING]
        assert len(on_their_way) == len(set(on_their_way))

    def whatever_waits_is_the_newest_of_its_record(self, rows: list[Any]) -> None:
        newest = {row.key: row.operation_id for row in rows}
        for row in rows:
            if row.state in (State.PLANNED, State.DEFERRED, State.DEAD):
                assert row.operation_id == newest[row.key]

    def nothing_planned_disappears_or_is_planned_twice(self, rows: list[Any]) -> None:
        found = Counter(row.key for row in rows)
        assert self.planned <= found
        assert found.total() <= self.planned.total() + sum(len(self.change_sets[cut.cut]) for cut in self.ready_cuts())

    def what_is_over_stays_over(self, rows: list[Any]) -> None:
        states = {row.operation_id: State(row.state) for row in rows}
        for operation_id, state in self.over.items():
            assert states[operation_id] == state
        self.over = {ident: state for ident, state in states.items() if state in (State.ACCEPTED, State.SUPERSEDED)}

    def payloads_are_kept_only_while_they_are_needed(self, rows: list[Any]) -> None:
        for row in rows:
            assert (row.payload is not None) == (row.state in (State.PLANNED, State.SENDING, State.DEFERRED))

    def note_sent(self, batch: SendingBatch) -> None:
        """Nothing that is over leaves again, and no older value leaves after a newer one of its record."""
        for sent in batch.operations:
            assert sent.operation_id not in self.over
            assert sent.operation_id >= self.newest_sent.get(sent.reference_id, 0)
            self.newest_sent[sent.reference_id] = sent.operation_id

    def finish_everything(self) -> None:
        """A quiet night: every record ends as the source has it, except what a person has to look at."""
        self.what_is_in_doubt_is_repeated("accepted")
        self.records_are_edited_read_and_planned({})
        self.the_rules_hold()
        while isinstance(batch := self.sending.claim(upto(2)), SendingBatch):
            self.note_sent(batch)
            self.answer(batch, "accepted")
        self.the_rules_hold()
        assert not self.changes()
        assert self.sending.counts().keys() <= {State.ACCEPTED, State.SUPERSEDED, State.DEAD}
        dead = {row.key for row in self.worker.operations() if row.state == State.DEAD}
        expected = {key: value for key, value in self.source.items() if key not in dead}
        assert {key: self.virtuous.get(key) for key in expected} == expected
        assert {key: self.last_accepted.get(key) for key in expected} == expected


def test_the_rules_hold_on_sqlite(sqlite_url: str) -> None:
    run_machine(Night, sqlite_url, examples=5, steps=20)


def test_the_rules_hold_on_postgresql(postgres_url: str) -> None:
    run_machine(Night, postgres_url, examples=5, steps=20)
