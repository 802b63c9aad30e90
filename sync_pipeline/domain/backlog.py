"""What the ledger still has to send, and the requests it travels in."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sync_pipeline.domain.operation import State


@dataclass(frozen=True, slots=True)
class OpenOperation:
    """An operation that is not over, without its payload.

    `records` are its (stream, key) pairs. `may_have_arrived`: nobody knows whether Virtuous took its value.
    """

    operation_id: int
    state: State
    reference_source: str
    reference_id: str
    priority: int
    deferrals: int
    batch_id: str | None
    may_have_arrived: bool
    records: tuple[tuple[str, str], ...]


def repeated_batches(operations: Iterable[OpenOperation], limit: int) -> Iterator[int]:
    """Rows of the requests that settle doubt: what left together is sent together again, at most `limit` rows."""
    batches: defaultdict[str | None, int] = defaultdict(int)
    for operation in operations:
        if operation.state == State.SENDING:
            batches[operation.batch_id] += 1
    for rows in batches.values():
        yield from (min(limit, rows - sent) for sent in range(0, rows, limit))


def delivery_batches(operations: Iterable[OpenOperation], limit: int) -> Iterator[int]:
    """Rows of the requests that deliver what is planned or deferred, in the order in which the sender claims them.

    A request takes the next `limit` operations; those of another reference source, and a record's second operation,
    stay for a later one.
    """
    unsent = (operation for operation in operations if operation.state in (State.PLANNED, State.DEFERRED))
    queue = deque(sorted(unsent, key=_turn))
    while queue:
        reached = [queue.popleft() for _ in range(min(limit, len(queue)))]
        chosen = _of_one_request(reached)
        queue.extendleft(operation for operation in reversed(reached) if operation.operation_id not in chosen)
        yield len(chosen)


def _turn(operation: OpenOperation) -> tuple[bool, int, int]:
    deferred_before = operation.deferrals > 0 or operation.state == State.DEFERRED
    return not deferred_before, operation.priority, operation.operation_id


def _of_one_request(operations: Sequence[OpenOperation]) -> set[int]:
    first: dict[str, int] = {}
    for operation in operations:
        if operation.reference_source == operations[0].reference_source:
            first.setdefault(operation.reference_id, operation.operation_id)
    return set(first.values())
