"""Any order of edits, binding, sending, silence and crashes: hours, which have no reference, are in Virtuous once.

`virtuous` holds what really took effect there, whatever was answered: recording the same hours twice makes two of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.crm import volunteers
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import Evidence, PlannedOperation, SendingBatch, SendingOperation, State
from sync_pipeline.domain.request import Request
from sync_pipeline.domain.standing import needs_write
from sync_pipeline_tests.adapters.sql.kinds_support import PLAIN, waiting_of, write
from sync_pipeline_tests.adapters.sql.machines import run_machine
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, STREAM, Worker, claimed
from sync_pipeline_tests.clock import FakeClock

KEYS = ("1",)
REMOVED = "removed"
VALUES = ("a", "b", "c", REMOVED)
OPPORTUNITY, VOLUNTEER = 3, 60
ANSWERS = ("accepted", "silence", "silence after the effect", "throttled")


class Hours(RuleBasedStateMachine):
    """One customer whose volunteers' hours are recorded, corrected and removed."""

    url: str
    numbers: Iterator[int]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.source: dict[str, str] = {}
        self.virtuous: dict[int, tuple[str, str]] = {}
        self.attendance_ids = count(60001)
        self.on_its_way: SendingBatch | None = None
        self.customer = f"{CUSTOMER}-{next(self.numbers)}"  # every example has a customer of its own in one store
        self.store = StateStore(self.url, self.clock)
        self.begin()

    def begin(self) -> None:
        self.worker = Worker(self.store, self.clock, customer=self.customer, run_id=f"run-{next(self.numbers)}")
        self.waiting = waiting_of(self.worker)

    def teardown(self) -> None:
        self.the_process_is_killed()
        try:
            self.finish_everything()
        finally:
            self.store.close()

    @rule(values=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), min_size=1))
    def records_are_edited_read_and_planned(self, values: dict[str, str]) -> None:
        self.source |= {key: value for key, value in values.items() if value != REMOVED or key in self.source}
        if changes := self.changes():
            self.worker.plan(*changes)

    @rule()
    def the_process_is_killed(self) -> None:
        self.store.leases.release(self.worker.lease)
        self.on_its_way = None
        self.begin()

    @rule()
    def what_waits_is_bound(self) -> None:
        """As the stage does it once person, opportunity and sign-up are there."""
        waiting = self.waiting.waiting("attendance")
        known = self.store.crm_ids.known(self.customer, [_record(one.reference_id) for one in waiting])
        for one in waiting:
            there, hours = known.get(_record(one.reference_id)), {"hours": one.payload.get("value", REMOVED)}
            if one.action == Action.REMOVE:
                assert there is not None
                request = volunteers.remove_hours(OPPORTUNITY, there.crm_id)
            elif one.payload["replaces"]:
                assert there is not None
                request = volunteers.correct_hours(OPPORTUNITY, there.crm_id, hours)
            else:
                request = volunteers.record_hours(OPPORTUNITY, VOLUNTEER, hours)
            self.waiting.bind({one.operation_id: request})

    @rule()
    @precondition(lambda self: self.on_its_way is None)
    def a_request_leaves(self) -> None:
        batch = self.worker.sending.claim(PLAIN)
        self.on_its_way = batch if isinstance(batch, SendingBatch) else None

    @rule(answer=st.sampled_from(ANSWERS))
    @precondition(lambda self: self.on_its_way is not None)
    def an_answer_arrives(self, answer: str) -> None:
        assert self.on_its_way is not None
        [operation], self.on_its_way = self.on_its_way.operations, None
        if answer == "throttled":
            self.worker.sending.planned_again([operation.operation_id])
        made = self.take_effect(operation) if answer in {"accepted", "silence after the effect"} else None
        if answer == "accepted":
            self.accept(operation, made)

    @rule(answer=st.sampled_from(ANSWERS))
    @precondition(lambda self: self.on_its_way is None)
    def the_next_request_is_bound_and_answered(self, answer: str) -> None:
        self.what_waits_is_bound()
        self.a_request_leaves()
        if self.on_its_way is not None:
            self.an_answer_arrives(answer)

    @rule()
    @precondition(lambda self: self.on_its_way is None)
    def doubt_is_settled(self) -> None:
        """Recordings are looked for, the rest is repeated: that does no harm."""
        sending = self.worker.sending
        doubtful = sending.doubtful([number for batch in sending.in_doubt() for number in batch.ids])
        for operation in doubtful:
            if _endpoint(operation) != volunteers.RECORD_HOURS:
                [again] = claimed(sending.claim_again([operation.operation_id], PLAIN)).operations
                self.take_effect(again)
                self.accept(again, None)
            elif (found := self.found(operation.reference_id)) is not None:
                self.accept(operation, found, Evidence.FOUND)
            else:
                sending.planned_again([operation.operation_id])

    @invariant()
    def no_hours_are_there_twice(self) -> None:
        records = [reference for reference, _ in self.virtuous.values()]
        assert len(records) == len(set(records))

    def changes(self) -> list[PlannedOperation]:
        standing = self.store.positions.standing(self.customer, STREAM)
        acknowledged = self.worker.acknowledged()
        found = []
        for key, value in self.source.items():
            known = acknowledged.get((key, "core"))
            if not needs_write(f"core={value}", known, standing.get((key, "core"))):
                continue
            if value == REMOVED:
                removal = write("attendance", key, value, action=Action.REMOVE, is_acknowledged=known == "core=removed")
                found.append(replace(removal, state=State.SUPERSEDED) if known is None else removal)
            else:
                saving = write("attendance", key, value, is_acknowledged=known == f"core={value}")
                replaces = known not in (None, "core=removed")
                found.append(replace(saving, payload={"value": value, "replaces": replaces}))
        return found

    def take_effect(self, operation: SendingOperation) -> int | None:
        request = Request.from_document(operation.request or {})
        number = int(request.parts.get("volunteerAttendanceId", 0))
        if request.endpoint == volunteers.RECORD_HOURS:
            number = next(self.attendance_ids)
        if operation.action == Action.REMOVE:
            self.virtuous.pop(number, None)
        elif number in self.virtuous or request.endpoint == volunteers.RECORD_HOURS:
            self.virtuous[number] = (operation.reference_id, request.body["hours"])
        return number if request.endpoint == volunteers.RECORD_HOURS else None

    def accept(self, operation: SendingOperation, made: int | None, evidence: Evidence | None = None) -> None:
        ids = {} if made is None else {operation.operation_id: CrmId(made, OPPORTUNITY)}
        self.worker.sending.accepted([operation.operation_id], evidence, ids)

    def found(self, reference: str) -> int | None:
        return next((number for number, (record, _) in self.virtuous.items() if record == reference), None)

    def finish_everything(self) -> None:
        """A quiet night: what the source has is there, with its values, and nothing else."""
        self.doubt_is_settled()
        self.records_are_edited_read_and_planned({})
        self.what_waits_is_bound()
        for _ in KEYS * 3:
            self.a_request_leaves()
            if self.on_its_way is not None:
                self.an_answer_arrives("accepted")
        self.no_hours_are_there_twice()
        wanted = {f"ref-{key}": value for key, value in self.source.items() if value != REMOVED}
        assert dict(self.virtuous.values()) == wanted


def _record(reference: str) -> Need:
    return Need("attendance", "VOMO", reference)


def _endpoint(operation: SendingOperation) -> str:
    return Request.from_document(operation.request or {}).endpoint


def live(url: str, examples: int) -> None:
    # A failure is short enough as it is found; making it shorter takes minutes.
    run_machine(Hours, url, examples=examples, steps=25, phases=[Phase.generate])


def test_hours_are_there_once_on_sqlite(sqlite_url: str) -> None:
    live(sqlite_url, 20)


def test_hours_are_there_once_on_postgresql(postgres_url: str) -> None:
    live(postgres_url, 8)  # each takes four times as long here
