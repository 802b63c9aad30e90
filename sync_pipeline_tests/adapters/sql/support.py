"""One customer at work on a state store, in few words."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select

from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.sending import SqlSending
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import acknowledged, ledger, ledger_changes, metadata
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.lease import Holder, Lease
from sync_pipeline.domain.operation import ChangeLink, NoPermit, PlannedOperation, Priority, SendingBatch, State
from sync_pipeline.domain.positions import CutRow, Position
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.domain.routes import Routes
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.ports import DestinationName, Sender
from sync_pipeline_tests.clock import FakeClock

CUSTOMER = "riverside"
SOURCE = "vomo"
STREAM = "users"
RUN = "run-1"
TRACE = "0af7651916cd43dd8448eb211c80319c"
HOST = "api.example.org"
HOUR = timedelta(hours=1)
PLENTY = QuotaRule(100_000, HOUR, 0.8)


def upto(limit: int) -> Routes:
    """At most so many rows in a request."""
    return Routes(limit, {"single": "batch"})


def holder_elsewhere(holder_id: str = "elsewhere") -> Holder:
    """A process of another host: nobody can tell whether it lives."""
    return Holder(holder_id, "another-host", "another-boot", 1, "1")


def operation(
    key: str,
    value: str = "a",
    *,
    reference: str | None = None,
    source: str = "VOMO",
    priority: Priority = Priority.CREATE,
    groups: Sequence[str] = ("core",),
    reason: str | None = None,
    is_acknowledged: bool = False,
) -> PlannedOperation:
    """A write of one record; with a `reason` it cannot be sent at all."""
    reference = reference or f"ref-{key}"
    return PlannedOperation(
        kind="contact",
        reference_source=source,
        reference_id=reference,
        priority=priority,
        payload={"referenceId": reference, "value": value} if reason is None else None,
        links=[ChangeLink(STREAM, key, group, "update", f"{group}={value}", f"hash-{value}") for group in groups],
        state=State.PLANNED if reason is None else State.DEAD,
        reason=reason,
        is_acknowledged=is_acknowledged,
        endpoint="single",
    )


class Worker:
    """A process that holds a customer's lease and works on one run."""

    def __init__(
        self,
        store: StateStore,
        clock: FakeClock,
        *,
        customer: str = CUSTOMER,
        run_id: str = RUN,
        rule: QuotaRule = PLENTY,
        lease: Lease | None = None,
        settle: timedelta = timedelta(),
    ) -> None:
        taken = lease or store.leases.acquire(customer, this_process())
        assert taken is not None, "the lease is held"
        self.store = store
        self.clock = clock
        self.customer = customer
        self.run_id = run_id
        self.rule = rule
        self.lease = taken
        self.name = DestinationName(customer, HOST)
        self.sending: SqlSending = store.sending(taken, Sender(run_id, TRACE), self.name, rule, settle)

    def in_run(self, run_id: str) -> "Worker":
        """The same process, going on with another run."""
        return Worker(self.store, self.clock, customer=self.customer, run_id=run_id, rule=self.rule, lease=self.lease)

    def begin_run(self, dagster_run_id: str = "dagster-1", layer: Layer = Layer.NIGHTLY) -> None:
        self.store.runs.begin_slice(
            self.lease, Run(self.customer, self.run_id, layer, "2026-03-01T22:00"), dagster_run_id
        )

    def position(self, stream: str = STREAM) -> Position:
        return self.store.positions.position(self.customer, SOURCE, stream)

    def begin_cut(self, stream: str = STREAM) -> CutRow:
        return self.store.cuts.begin_cut(
            self.lease, self.run_id, self.position(stream), Strategy.MODIFIED_SINCE, since=None
        )

    def read(self, cut: CutRow, *, newest: datetime | None = None, proven: bool = True, rows: int = 0) -> CutRow:
        """The pages of the cut are a snapshot; answers the cut as the store knows it then."""
        self.store.cuts.finish_read(
            self.lease, cut, proven=proven, rows=rows, snapshot_cut=cut.cut, newest_modified=newest
        )
        return self.known(cut)

    def diffed(
        self,
        cut: CutRow,
        *,
        counts: ChangeCounts | None = None,
        read_position: datetime | None = None,
        folded: tuple[int, str] | None = None,
    ) -> CutRow:
        """The change set of the cut is durable."""
        self.store.cuts.finish_diff(
            self.lease,
            cut,
            counts or ChangeCounts(),
            read_position=read_position or cut.newest_modified,
            folded=folded,
        )
        return self.known(cut)

    def ready_cut(self, newest: datetime | None = None, stream: str = STREAM) -> CutRow:
        return self.diffed(self.read(self.begin_cut(stream), newest=newest))

    def plan(self, *operations: PlannedOperation, newest: datetime | None = None) -> CutRow:
        """A whole cut with these operations, planned to the end."""
        cut = self.ready_cut(newest)
        self.store.planning.plan(self.lease, cut, operations)
        self.store.cuts.finish_planning(self.lease, cut)
        return self.known(cut)

    def known(self, cut: CutRow) -> CutRow:
        cuts, _, _ = self.store.cuts.cuts_of_run(self.customer, cut.run_id)
        return next(known for known in cuts if known.cut == cut.cut)

    def claim(self, limit: int = 100) -> SendingBatch:
        """The next batch, when there must be one."""
        return claimed(self.sending.claim(upto(limit)))

    def accept_all(self, limit: int = 100) -> int:
        """Send everything that can be sent; answers the number of requests."""
        requests = 0
        while isinstance(batch := self.sending.claim(upto(limit)), SendingBatch):
            self.sending.accepted(batch.ids)
            requests += 1
        return requests

    def move_checkpoints(self) -> Position:
        self.store.positions.move_checkpoints(self.lease, self.run_id)
        return self.position()

    def operations(self) -> list[Any]:
        """The ledger with the key of each operation, oldest first."""
        keys = (
            select(ledger_changes.c.operation_id, ledger_changes.c.key)
            .distinct()
            .where(ledger_changes.c.customer_id == self.customer)
            .subquery()
        )
        statement = (
            select(ledger, keys.c.key)
            .join(keys, keys.c.operation_id == ledger.c.operation_id)
            .where(ledger.c.customer_id == self.customer)
            .order_by(ledger.c.operation_id)
        )
        with self.store.database.read() as connection:
            return list(connection.execute(statement))

    def states(self) -> list[tuple[str, str]]:
        """(key, state) of every operation, oldest first."""
        return [(row.key, row.state) for row in self.operations()]

    def acknowledged(self) -> dict[tuple[str, str], str]:
        """Fingerprint by key and field group, as Virtuous acknowledged them."""
        known = self.store.positions.acknowledged_since_fold(self.customer, STREAM)
        return {(row.key, row.field_group): row.fingerprint for row in known}

    def acknowledging(self) -> dict[str, int]:
        """The operation that acknowledged each key."""
        statement = select(acknowledged.c.key, acknowledged.c.operation_id).where(
            acknowledged.c.customer_id == self.customer
        )
        with self.store.database.read() as connection:
            return {row.key: row.operation_id for row in connection.execute(statement)}


def claimed(answer: SendingBatch | NoPermit | None) -> SendingBatch:
    assert isinstance(answer, SendingBatch), answer
    return answer


def refused(answer: object) -> NoPermit:
    assert isinstance(answer, NoPermit), answer
    return answer


def contents(store: StateStore) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to show that nothing changed."""
    with store.database.read() as connection:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in connection.execute(select(table)))
            for table in metadata.sorted_tables
        }


def steps_of(database: Database, action: Callable[[], object]) -> int:
    """How many instructions of SQLite's virtual machine an action takes, in hundreds rounded down."""
    hundreds = 0

    def count() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(count, 100)

    def unwatch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    event.listen(database.engine, "checkout", watch)
    event.listen(database.engine, "checkin", unwatch)
    try:
        action()
    finally:
        event.remove(database.engine, "checkout", watch)
        event.remove(database.engine, "checkin", unwatch)
    return 100 * hundreds
