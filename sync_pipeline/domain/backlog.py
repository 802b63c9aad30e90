"""What the ledger still has to send, and the requests it travels in."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from sync_pipeline.domain.coalescing import COALESCED, rows_of
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import UNSENT, State
from sync_pipeline.domain.routes import Routes

Record = tuple[str, str, str]
"""Kind, reference source and reference id."""


@dataclass(frozen=True, slots=True)
class OpenOperation:
    """An operation that is not over, without its payload. `endpoint` is None while it waits.

    `records` are its (stream, key) pairs. `may_have_arrived`: nobody knows whether Virtuous took its value. Of what
    waits, `needs` are what it waits for, `replaces` tells whether it changes what is there already, and `may_be_there`
    whether that is looked at first.
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
    needs: tuple[Need, ...] = ()
    replaces: bool = False
    may_be_there: bool = False


@dataclass(frozen=True, slots=True)
class ForetoldRequest:
    """One request of a run; `rows` is the number of changes in it."""

    endpoint: str
    rows: int


def repeated_batches(operations: Iterable[OpenOperation], routes: Routes) -> Iterator[ForetoldRequest]:
    """The requests that settle doubt: what left together is sent together again, as many rows as go together."""
    batches: defaultdict[tuple[str | None, str], list[OpenOperation]] = defaultdict(list)
    for operation in operations:
        if operation.state == State.SENDING and operation.endpoint is not None:
            batches[operation.batch_id, operation.endpoint].append(operation)
    for (_, endpoint), some in batches.items():
        rows, most = rows_of(endpoint, some), routes.limit(endpoint)
        yield from (_request(routes, endpoint, rows[sent : sent + most]) for sent in range(0, len(rows), most))


def delivery_batches(operations: Iterable[OpenOperation], routes: Routes) -> Iterator[ForetoldRequest]:
    """The requests that deliver what is planned or deferred, in the order in which the sender claims them.

    A request takes the next operations of its endpoint and reference source, and whatever else may be laid over them; a
    record's second one stays for later otherwise, and another action of a record until the earlier one was sent.
    """
    queue = _Queue(operations)
    while (first := queue.first()) is not None:
        endpoint = first.endpoint or ""
        chosen = queue.take(first, routes.limit(endpoint))
        yield _request(routes, endpoint, rows_of(endpoint, chosen))


class _Queue:
    """What can be sent now, in its order; what waits for an earlier step of its record comes in when that is sent."""

    def __init__(self, operations: Iterable[OpenOperation]) -> None:
        self._steps: defaultdict[Record, list[OpenOperation]] = defaultdict(list)
        for operation in sorted(operations, key=lambda operation: operation.operation_id):
            if operation.state in UNSENT:
                self._steps[_record(operation)].append(operation)
        self._ready = sorted((each for steps in self._steps.values() for each in _next_steps(steps)), key=_turn)
        self._sent: set[int] = set()
        self._place = 0

    def first(self) -> OpenOperation | None:
        while self._place < len(self._ready) and self._ready[self._place].operation_id in self._sent:
            self._place += 1
        return self._ready[self._place] if self._place < len(self._ready) else None

    def take(self, first: OpenOperation, limit: int) -> list[OpenOperation]:
        """The next `limit` operations that may travel with the first one, a record at most once."""
        alike = (
            each
            for each in map(self._ready.__getitem__, range(self._place, len(self._ready)))  # islice would walk there
            if each.operation_id not in self._sent
            and (each.endpoint, each.reference_source) == (first.endpoint, first.reference_source)
        )
        by_reference: dict[str, OpenOperation] = {}
        for each in alike:
            by_reference.setdefault(each.reference_id, each)
            if len(by_reference) == limit:
                break
        chosen = list(by_reference.values())
        if first.endpoint in COALESCED:
            chosen = [each for one in chosen for each in self._ready_of(one)]
        for each in chosen:
            self._send(each)
        return chosen

    def _ready_of(self, operation: OpenOperation) -> list[OpenOperation]:
        """What of its record may travel in one row with it; that some values keep them apart shows only when sent."""
        ready = _next_steps(self._steps[_record(operation)])
        return [each for each in ready if each.endpoint == operation.endpoint]

    def _send(self, operation: OpenOperation) -> None:
        self._sent.add(operation.operation_id)
        steps = self._steps[_record(operation)]
        steps.remove(operation)
        if steps and steps[0].action != operation.action:
            for each in _next_steps(steps):
                place = bisect_right(self._ready, _turn(each), key=_turn)
                self._ready.insert(place, each)
                self._place = min(self._place, place)


def _next_steps(steps: Sequence[OpenOperation]) -> Iterator[OpenOperation]:
    """The operations of a record that nothing holds back: those of its first action, unless they wait themselves."""
    first = takewhile(lambda each: each.action == steps[0].action, steps)
    return (each for each in first if each.endpoint is not None)


def _record(operation: OpenOperation) -> Record:
    return operation.kind, operation.reference_source, operation.reference_id


def _request(routes: Routes, endpoint: str, rows: Sequence[Sequence[OpenOperation]]) -> ForetoldRequest:
    return ForetoldRequest(routes.label(endpoint, len(rows)), sum(map(len, rows)))


def _turn(operation: OpenOperation) -> tuple[bool, int, int]:
    deferred_before = operation.deferrals > 0 or operation.state == State.DEFERRED
    return not deferred_before, operation.priority, operation.operation_id
