"""The ledger as it would be, in memory: what is stored, and on top of it what a run would plan."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sync_pipeline.domain.backlog import ForetoldRequest, OpenOperation, delivery_batches, repeated_batches
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.needs import Need, needs_of
from sync_pipeline.domain.operation import LEFT_OVER, REPLACEABLE, UNSENT, PlannedOperation, State
from sync_pipeline.domain.routes import Routes
from sync_pipeline.stages.source_snapshot.prerequisites import ORGANIZATION, PERMISSION


def _needs(operation: PlannedOperation) -> Iterator[Need]:
    if operation.state == State.WAITING and operation.payload is not None:
        action = Action(operation.action)
        yield from needs_of(
            operation.kind, action, operation.reference_source, operation.reference_id, operation.payload
        )


class ScratchLedger:
    """Plans operations by the rules of `ports.Planning`, and tells in which requests they would leave."""

    def __init__(self, stored: Sequence[OpenOperation]) -> None:
        self._open = {operation.operation_id: operation for operation in stored}
        self._by_record: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for operation in stored:
            for record in operation.records:
                self._by_record[record].append(operation.operation_id)
        self._next_id = 1 + max(self._open, default=0)

    def plan(self, stream: str, operations: Sequence[PlannedOperation]) -> list[PlannedOperation]:
        """Plan the operations of one change; answers them as the ledger would have them, superseded perhaps.

        Like the stored ledger: a newer value takes the place of what has not left, and a value that Virtuous already
        has is not sent unless a newer one may have arrived.
        """
        record = (stream, operations[0].links[0].key)
        older = [self._open[known] for known in self._by_record[record] if known in self._open]
        for replaced in older:
            if replaced.state in REPLACEABLE:
                del self._open[replaced.operation_id]
        may_have_arrived = any(known.may_have_arrived for known in older)
        planned: list[PlannedOperation] = []
        for operation in operations:
            if operation.state in UNSENT and operation.is_acknowledged and not may_have_arrived:
                planned.append(replace(operation, payload=None, state=State.SUPERSEDED))
                continue
            planned.append(operation)
            if operation.state in UNSENT:
                self._add(record, operation)
        return planned

    def left_over(self) -> dict[str, int]:
        """How many operations go on by themselves, by state."""
        counts = Counter(operation.state for operation in self._open.values() if operation.state in LEFT_OVER)
        return {state.value: counts[state] for state in sorted(counts)}

    def requests(self, routes: Routes) -> Iterator[ForetoldRequest]:
        """What a run sends to Virtuous when every answer is a yes: prerequisites, what is in doubt, what is planned."""
        yield ForetoldRequest(ORGANIZATION, 0)
        yield ForetoldRequest(PERMISSION, 0)
        yield from repeated_batches(self._open.values(), routes)
        yield from delivery_batches(self._open.values(), routes)

    @property
    def operations(self) -> list[OpenOperation]:
        """Everything that is not over, oldest first."""
        return list(self._open.values())

    def _add(self, record: tuple[str, str], operation: PlannedOperation) -> None:
        self._by_record[record].append(self._next_id)
        self._open[self._next_id] = OpenOperation(
            operation_id=self._next_id,
            state=operation.state,
            kind=operation.kind,
            action=operation.action,
            endpoint=operation.endpoint,
            reference_source=operation.reference_source,
            reference_id=operation.reference_id,
            priority=int(operation.priority),
            deferrals=0,
            batch_id=None,
            may_have_arrived=False,
            records=(record,),
            needs=tuple(_needs(operation)),
            replaces=bool((operation.payload or {}).get("replaces")),
            may_be_there=operation.may_be_there,
        )
        self._next_id += 1
