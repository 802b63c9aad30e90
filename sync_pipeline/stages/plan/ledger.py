"""The ledger as it would be, in memory: what is stored, and on top of it what a run would plan."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sync_pipeline.domain.backlog import OpenOperation, delivery_batches, repeated_batches
from sync_pipeline.domain.operation import LEFT_OVER, REPLACEABLE, PlannedOperation, State
from sync_pipeline.stages.applied_ledger.requests import endpoint_of
from sync_pipeline.stages.source_snapshot.prerequisites import ORGANIZATION, PERMISSION


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request of the next run; `rows` is the number of changes in it."""

    endpoint: str
    rows: int


class ScratchLedger:
    """Plans operations by the rules of `ports.Planning`, and tells in which requests they would leave."""

    def __init__(self, stored: Sequence[OpenOperation]) -> None:
        self._open = {operation.operation_id: operation for operation in stored}
        self._by_record: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for operation in stored:
            for record in operation.records:
                self._by_record[record].append(operation.operation_id)
        self._next_id = 1 + max(self._open, default=0)

    def plan(self, stream: str, operation: PlannedOperation) -> PlannedOperation:
        """Plan one operation; answers it as the ledger would have it, superseded perhaps.

        Like the stored ledger: a newer value takes the place of what has not left, and a value that Virtuous already
        has is not sent unless a newer one may have arrived.
        """
        record = (stream, operation.links[0].key)
        older = [self._open[known] for known in self._by_record[record] if known in self._open]
        for replaced in older:
            if replaced.state in REPLACEABLE:
                del self._open[replaced.operation_id]
        if operation.state != State.PLANNED:
            return operation
        if operation.is_acknowledged and not any(known.may_have_arrived for known in older):
            return replace(operation, payload=None, state=State.SUPERSEDED)
        self._add(record, operation)
        return operation

    def left_over(self) -> dict[str, int]:
        """How many operations go on by themselves, by state."""
        counts = Counter(operation.state for operation in self._open.values() if operation.state in LEFT_OVER)
        return {state.value: counts[state] for state in sorted(counts)}

    def requests(self, batch_limit: int) -> Iterator[PlannedRequest]:
        """What a run sends to Virtuous when every answer is a yes: prerequisites, what is in doubt, what is planned."""
        yield PlannedRequest(ORGANIZATION, 0)
        yield PlannedRequest(PERMISSION, 0)
        for rows in repeated_batches(self._open.values(), batch_limit):
            yield PlannedRequest(endpoint_of(rows), rows)
        for rows in delivery_batches(self._open.values(), batch_limit):
            yield PlannedRequest(endpoint_of(rows), rows)

    def _add(self, record: tuple[str, str], operation: PlannedOperation) -> None:
        self._by_record[record].append(self._next_id)
        self._open[self._next_id] = OpenOperation(
            operation_id=self._next_id,
            state=State.PLANNED,
            reference_source=operation.reference_source,
            reference_id=operation.reference_id,
            priority=int(operation.priority),
            deferrals=0,
            batch_id=None,
            may_have_arrived=False,
            records=(record,),
        )
        self._next_id += 1
