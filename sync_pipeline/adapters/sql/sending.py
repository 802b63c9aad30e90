"""Sending: what leaves, and what became of it. Every method is one transaction (DESIGN section 5, write protocol)."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, true, update

from sync_pipeline.adapters.sql.acknowledging import settle_accepted
from sync_pipeline.adapters.sql.claiming import UNSETTLED_OLDER, mark_sending, next_rows, operation_of
from sync_pipeline.adapters.sql.crm_ids import remember
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.older import older
from sync_pipeline.adapters.sql.open_operations import open_operations
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.quota import take_permit
from sync_pipeline.adapters.sql.splitting import split
from sync_pipeline.adapters.sql.superseding import overtaken, supersede
from sync_pipeline.adapters.sql.tables import ledger
from sync_pipeline.domain.backlog import OpenOperation
from sync_pipeline.domain.coalescing import parted, rows_of
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import (
    DoubtfulBatch,
    Evidence,
    NoPermit,
    SendingBatch,
    SendingOperation,
    State,
)
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.domain.routes import Routes
from sync_pipeline.ports import Clock, DestinationName, Sender

DATES_BEFORE_DEAD = 5  # DESIGN section 5
LONGEST_TURN = timedelta(hours=24)
"""For so long others go first whose kind is more urgent, also those that came later."""
AHEAD = 100  # puts what was deferred before every other priority, in the order of the index that claims read


class SqlSending:
    """The part of the ledger the sender works on, for one customer's run.

    `settle`: how long a request without an answer may still take effect, although nobody waits for it any more.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        lease: Lease,
        sender: Sender,
        name: DestinationName,
        rule: QuotaRule,
        settle: timedelta = timedelta(),
    ) -> None:
        self._database = database
        self._clock = clock
        self._lease = lease
        self._sender = sender
        self._run_id = sender.run_id
        self._name = name
        self._rule = rule
        self._settle = settle

    def together(self) -> AbstractContextManager[None]:
        """What is claimed or settled in the block is one transaction. Nothing may be awaited in it.

        A database has one writer at a time for each organization, SQLite one in all: four runs that write single rows
        stood in line three times for each of them.
        """
        return self._database.together()

    def claim(self, routes: Routes, blocked: Collection[str] = ()) -> SendingBatch | NoPermit | None:
        """Take a permit and mark the next operations as sending; None when nothing can be sent now.

        What was deferred or has waited for a day goes first, then by priority, then oldest first. Operations of a
        record that has an older one unsent or in doubt wait for it, also after it was repeated and accepted: until
        what got no answer has settled. Endpoints that are `blocked` get nothing.
        """
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            rows = next_rows(connection, self._lease.customer_id, routes, blocked, self._settled_before)
            return self._send(connection, rows, routes) if rows else None

    def claim_again(self, ids: Sequence[int], routes: Routes) -> SendingBatch | NoPermit | None:
        """Take a permit for exactly these operations, planned or in doubt; None when none of them is left."""
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            rows = connection.execute(
                select(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.operation_id.in_(ids))
                .where(ledger.c.state.in_([State.PLANNED.value, State.SENDING.value]))
                .order_by(ledger.c.operation_id)
            ).all()
            return self._send(connection, rows, routes) if rows else None

    def unsettled_until(self) -> datetime | None:
        """When the first operation that waits for an older one of its record to settle may leave; None without any."""
        with self._database.read() as connection:
            first = connection.execute(
                select(func.min(older.c.unanswered_at))
                .select_from(ledger)
                .join(older, UNSETTLED_OLDER)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.PLANNED.value),
                {"settled_before": self._settled_before},
            ).scalar()
        return None if first is None else first + self._settle

    def requests_left(self, routes: Routes) -> int:
        """How many requests what is planned takes, when nothing of it is refused."""
        with self._database.read() as connection:
            planned = connection.execute(
                select(ledger.c.endpoint, func.count())
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.PLANNED.value)
                .group_by(ledger.c.endpoint)
            ).all()
        return sum(ceil(operations / routes.limit(endpoint)) for endpoint, operations in planned)

    def open_operations(self) -> list[OpenOperation]:
        """What goes on by itself, and what may have arrived although nobody knows; oldest first."""
        return open_operations(self._database, self._lease.customer_id)

    def in_doubt(self) -> list[DoubtfulBatch]:
        """Operations that may have left and have no answer, by the request they left in, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(
                    ledger.c.batch_id,
                    ledger.c.endpoint,
                    ledger.c.operation_id,
                    ledger.c.reference_id,
                    ledger.c.attempted_at,
                )
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.SENDING.value)
                .order_by(ledger.c.operation_id)
            ).all()
        batches: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            batches[row.batch_id].append(row)
        return [
            DoubtfulBatch(
                some[0].endpoint,
                tuple(tuple(one.operation_id for one in row) for row in rows_of(some[0].endpoint, some)),
                max(row.attempted_at for row in some),
            )
            for some in batches.values()
        ]

    def doubtful(self, ids: Sequence[int]) -> list[SendingOperation]:
        """What these operations sent, as far as they are still in doubt."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.operation_id.in_(ids))
                .where(ledger.c.state == State.SENDING.value)
                .order_by(ledger.c.operation_id)
            ).all()
        return [operation_of(row) for row in rows]

    def accepted(
        self, ids: Sequence[int], evidence: Evidence | None = None, crm_ids: Mapping[int, CrmId] | None = None
    ) -> None:
        """Virtuous answered 2xx: the values count as acknowledged from this moment, with the ids it gave."""
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            settle_accepted(
                connection, self._lease.customer_id, self._run_id, ids, self._clock.now(), evidence, crm_ids
            )

    def accepted_by(self, evidence: Evidence, before: datetime, limit: int) -> list[SendingOperation]:
        """Accepted for this evidence alone, before that moment; the oldest."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.ACCEPTED.value)
                .where(ledger.c.evidence == evidence.value, ledger.c.accepted_at < before)
                .order_by(ledger.c.accepted_at)
                .limit(limit)
            ).all()
        return [operation_of(row) for row in rows]

    def count_accepted_by(self, evidence: Evidence) -> int:
        """How many are accepted for this evidence alone."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count()).where(
                    ledger.c.customer_id == self._lease.customer_id,
                    ledger.c.state == State.ACCEPTED.value,
                    ledger.c.evidence == evidence.value,
                )
            ).scalar_one()

    def confirmed(self, ids: Mapping[int, CrmId]) -> None:
        """Read back: these are there."""
        now = self._clock.now()
        with self._database.write() as connection:
            moved = self._move(connection, list(ids), State.CONFIRMED, State.ACCEPTED, confirmed_at=now)
            given = {Need(row.kind, row.reference_source, row.reference_id): ids[row.operation_id] for row in moved}
            remember(connection, self._lease.customer_id, given, now)

    def review(self, ids: Sequence[int], reason: str) -> None:
        """Accepted, and still not to be seen: a person has to look."""
        with self._database.write() as connection:
            self._move(connection, ids, State.REVIEW, State.ACCEPTED, reason=reason, finished_in=self._run_id)

    def planned_again(self, ids: Sequence[int]) -> None:
        """A definite answer said that nothing happened: back in the queue, unless a newer value is there already."""
        with self._database.write() as connection:
            moved = self._move(connection, ids, State.PLANNED, batch_id=None)
            self._give_way(connection, moved, State.PLANNED)

    def dead(self, ids: Sequence[int], reason: str) -> None:
        """A permanent answer: only a person or a new value moves these on; one that is there already did so."""
        with self._database.write() as connection:
            moved = self._move(
                connection, ids, State.DEAD, reason=reason, payload=None, request=None, finished_in=self._run_id
            )
            self._give_way(connection, moved, State.DEAD)

    def split(self, operation: SendingOperation, groups: Collection[str], reason: str) -> bool:
        """Only these field groups are to blame: they are a dead letter, and the rest is planned again.

        False, and nothing happened, when the operation carries none of them, nothing else, or an old value.
        """
        number, left = operation.operation_id, parted(operation.payload, groups)
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            if overtaken(connection, self._lease.customer_id, [number]):
                return False  # a newer value is planned: this one is over, whatever of it was right
            return split(connection, number, groups, left, reason, self._run_id, self._clock.now())

    def defer_planned(self, reason: str, endpoint: str | None = None) -> int:
        """Everything that would still be sent (to this endpoint) waits for the next run; answers how many that were."""
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            result = connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.PLANNED.value)
                .where(true() if endpoint is None else ledger.c.endpoint == endpoint)
                .values(
                    state=State.DEFERRED.value,
                    deferrals=ledger.c.deferrals + 1,
                    priority=case((ledger.c.priority > 0, ledger.c.priority - AHEAD), else_=ledger.c.priority),
                    reason=reason,
                    batch_id=None,
                    updated_at=self._clock.now(),
                )
            )
            return result.rowcount

    def retry_deferred(self) -> None:
        """What an earlier slice or run deferred is planned again; what has waited for a day goes before what is newer.

        Otherwise a customer with more new people every night than its quota takes would never get a note delivered.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.PLANNED.value)
                .where(ledger.c.planned_at < now - LONGEST_TURN, ledger.c.priority > 0)
                .values(priority=ledger.c.priority - AHEAD)
            )
            connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.DEFERRED.value)
                .values(state=State.PLANNED.value, updated_at=now)
            )

    def count_deferrals(self, today: date) -> int:
        """Note today as a date on which these were deferred although others went through; five make a dead letter."""
        with self._database.write() as connection:
            require_lease(connection, self._lease)
            rows = connection.execute(
                select(ledger.c.operation_id, ledger.c.deferred_dates).where(
                    ledger.c.customer_id == self._lease.customer_id, ledger.c.state == State.DEFERRED.value
                )
            ).all()
            noted: dict[tuple[str, ...], list[int]] = defaultdict(list)
            for operation_id, dates in rows:
                known: list[str] = dates or []
                noted[tuple(sorted({*known, today.isoformat()}))].append(operation_id)
            buried = 0
            for dates, ids in noted.items():
                values: dict[str, Any] = {"deferred_dates": list(dates)}
                if len(dates) >= DATES_BEFORE_DEAD:
                    buried += len(ids)
                    values |= {"state": State.DEAD.value, "payload": None, "request": None}
                    values |= {"updated_at": self._clock.now(), "finished_in": self._run_id}
                for some in parts(ids):
                    connection.execute(update(ledger).where(ledger.c.operation_id.in_(some)).values(**values))
            return buried

    def counts(self) -> dict[str, int]:
        """Operations of the customer by state."""
        with self._database.read() as connection:
            return count_by_state(connection, self._lease.customer_id)

    @property
    def _settled_before(self) -> datetime:
        """What went unanswered until then can no longer take effect."""
        return self._clock.now() - self._settle

    def _send(self, connection: Connection, rows: Sequence[Row], routes: Routes) -> SendingBatch | NoPermit:
        now = self._clock.now()
        endpoint = rows[0].endpoint
        label = routes.label(endpoint, len(rows_of(endpoint, rows)))
        batch_id = uuid.uuid4().hex
        permit = take_permit(connection, self._name, self._rule, self._sender, label, now, batch_id)
        return permit if isinstance(permit, NoPermit) else mark_sending(connection, rows, batch_id, permit, now)

    def _move(
        self, connection: Connection, ids: Sequence[int], state: State, before: State = State.SENDING, **values: Any
    ) -> Sequence[Row]:
        """Move what is in the state `before` to another one; answers the ids and references of what was."""
        require_lease(connection, self._lease)
        return connection.execute(
            update(ledger)
            .where(ledger.c.customer_id == self._lease.customer_id, ledger.c.operation_id.in_(ids))
            .where(ledger.c.state == before.value)
            .values(state=state.value, updated_at=self._clock.now(), **values)
            .returning(ledger.c.operation_id, ledger.c.kind, ledger.c.reference_source, ledger.c.reference_id)
        ).all()

    def _give_way(self, connection: Connection, moved: Sequence[Row], state: State) -> None:
        """Values that were in doubt while a newer one was planned must neither overtake it nor wait for a person."""
        old = overtaken(connection, self._lease.customer_id, sorted(row.operation_id for row in moved))
        supersede(connection, self._run_id, old, [state], self._clock.now())


def count_by_state(connection: Connection, customer_id: str) -> dict[str, int]:
    rows = connection.execute(
        select(ledger.c.state, func.count()).where(ledger.c.customer_id == customer_id).group_by(ledger.c.state)
    )
    return {row[0]: row[1] for row in rows}
