"""What the ledger still has to send, and the requests it travels in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sync_pipeline.domain.operation import State
from sync_pipeline.domain.routes import Routes


@dataclass(frozen=True, slots=True)
class OpenOperation:
    """An operation that is not over, without its payload. `endpoint` is None while it waits.

    `records` are its (stream, key) pairs. `may_have_arrived`: nobody knows whether Virtuous took its value.
    """

    operation_id: int
    state: State
    kind: str
    action: str
    endpoint: str | None
    reference_source: str
    reference_id: str
    priority: int
    deferrals: int
    batch_id: str | None
    may_have_arrived: bool
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ForetoldRequest:
    """One request of a run; `rows` is the number of changes in it."""

    endpoint: str
    rows: int


def repeated_batches(operations: Iterable[OpenOperation], routes: Routes) -> Iterator[ForetoldRequest]:
    """The requests that settle doubt: what left together is sent together again, as many rows as go together."""
    batches: defaultdict[tuple[str | None, str], int] = defaultdict(int)
    for operation in operations:
        if operation.state == State.SENDING and operation.endpoint is not None:
            batches[operation.batch_id, operation.endpoint] += 1
    for (_, endpoint), rows in batches.items():
        most = routes.limit(endpoint)
        yield from (_request(routes, endpoint, min(most, rows - sent)) for sent in range(0, rows, most))


def delivery_batches(operations: Iterable[OpenOperation], routes: Routes) -> Iterator[ForetoldRequest]:
    """The requests that deliver what is planned or deferred, in the order in which the sender claims them.

    A request takes the next operations of its endpoint and reference source; a record's second one stays for later.
    """
    unsent = (operation for operation in operations if operation.state in (State.PLANNED, State.DEFERRED))
    queue = sorted((operation for operation in unsent if operation.endpoint is not None), key=_turn)
    while queue:
        first = queue[0]
        endpoint = first.endpoint or ""
        alike = (each for each in queue if (each.endpoint, each.reference_source) == (endpoint, first.reference_source))
        chosen = _once_each(list(islice(alike, routes.limit(endpoint))))
        queue = [operation for operation in queue if operation.operation_id not in chosen]
        yield _request(routes, endpoint, len(chosen))


def _request(routes: Routes, endpoint: str, rows: int) -> ForetoldRequest:
    return ForetoldRequest(routes.label(endpoint, rows), rows)


def _turn(operation: OpenOperation) -> tuple[bool, int, int]:
    deferred_before = operation.deferrals > 0 or operation.state == State.DEFERRED
    return not deferred_before, operation.priority, operation.operation_id


def _once_each(operations: Sequence[OpenOperation]) -> set[int]:
    first: dict[str, int] = {}
    for operation in operations:
        first.setdefault(operation.reference_id, operation.operation_id)
    return set(first.values())
