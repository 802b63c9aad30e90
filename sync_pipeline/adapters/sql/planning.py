"""Planning: a change set becomes rows of the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select, update

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.superseding import supersede
from sync_pipeline.adapters.sql.tables import acknowledged, change_sets, crm_ids, ledger, ledger_changes, positions
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.operation import REPLACEABLE, UNSENT, UNSURE, Evidence, PlannedOperation, State
from sync_pipeline.domain.positions import CutRow
from sync_pipeline.ports import Clock

NOT_OVER = tuple(state.value for state in (*REPLACEABLE, State.SENDING))


class SqlPlanning:
    """Turns changes into operations. Planning a cut again after a crash adds only what is missing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def plan(self, lease: Lease, cut: CutRow, operations: Sequence[PlannedOperation]) -> None:
        """Record operations of one cut, at most a few thousand at a time, in one transaction.

        A newer value supersedes what was open, dead or in review for the same record. A value that Virtuous already
        has (A→B→A before B was sent) is recorded as superseded itself and sends nothing.
        """
        with self._database.write() as connection:
            require_lease(connection, lease)
            known = _planned_keys(connection, lease, cut, operations)
            fresh = [operation for operation in operations if _record(operation) not in known]
            older = _older(connection, lease, cut.stream, fresh)
            now = self._clock.now()
            ids = [row.operation_id for rows in older.values() for row in rows]
            supersede(connection, cut.run_id, ids, REPLACEABLE, now)
            _insert(connection, lease, cut, [_decided(operation, older) for operation in fresh], now)

    def correct(self, lease: Lease, cut: CutRow, operations: Sequence[PlannedOperation]) -> int:
        """Plan values again that Virtuous does not show, as updates of this cut; answers how many records those are.

        A record that the cut changed, or that has an operation which is not over, is left to that.
        """
        with self._database.write() as connection:
            require_lease(connection, lease)
            known = _planned_keys(connection, lease, cut, operations)
            open_ones = _older(connection, lease, cut.stream, operations)
            fresh = [one for one in operations if _record(one) not in known and not open_ones.get(_record(one))]
            _insert(connection, lease, cut, fresh, self._clock.now())
            corrected = len({_record(operation) for operation in fresh})
            connection.execute(
                update(change_sets)
                .where(change_sets.c.customer_id == lease.customer_id, change_sets.c.cut == cut.cut)
                .values(updates=func.coalesce(change_sets.c.updates, 0) + corrected)
            )
            return corrected

    def forget_acknowledged(self, lease: Lease) -> None:
        """Everything counts as new again, for a destination that has nothing of it."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            connection.execute(
                update(positions)
                .where(positions.c.customer_id == lease.customer_id)
                .values(acknowledged_cut=None, mapping_hash=None)
            )
            connection.execute(crm_ids.delete().where(crm_ids.c.customer_id == lease.customer_id))
            # What is bound to an id of the old organization would reach somebody else's record in the new one.
            connection.execute(
                update(ledger)
                .where(ledger.c.customer_id == lease.customer_id)
                .where(ledger.c.state.in_(NOT_OVER) | (ledger.c.kind == "volunteer"))
                .values(
                    state=State.SUPERSEDED.value,
                    payload=None,
                    request=None,
                    waits_for=None,
                    reason="planned for another organization",
                    updated_at=self._clock.now(),
                )
            )
            connection.execute(acknowledged.delete().where(acknowledged.c.customer_id == lease.customer_id))


def _record(operation: PlannedOperation) -> str:
    return operation.links[0].key


def _planned_keys(
    connection: Connection, lease: Lease, cut: CutRow, operations: Sequence[PlannedOperation]
) -> set[str]:
    return set(
        connection.execute(
            select(ledger_changes.c.key).where(
                ledger_changes.c.customer_id == lease.customer_id,
                ledger_changes.c.stream == cut.stream,
                ledger_changes.c.cut == cut.cut,
                ledger_changes.c.key.in_([_record(operation) for operation in operations]),
            )
        ).scalars()
    )


def _older(
    connection: Connection, lease: Lease, stream: str, operations: Sequence[PlannedOperation]
) -> dict[str, list[Row]]:
    """Operations per record that a newer value replaces, has to wait for (sending), or cannot be sure about."""
    states = [state.value for state in (*REPLACEABLE, State.SENDING)]
    rows = connection.execute(
        select(ledger_changes.c.key, ledger.c.operation_id, ledger.c.state, ledger.c.evidence)
        .distinct()
        .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
        .where(ledger_changes.c.customer_id == lease.customer_id, ledger_changes.c.stream == stream)
        .where(ledger_changes.c.key.in_([_record(operation) for operation in operations]))
        .where(ledger.c.customer_id == lease.customer_id)
        .where(ledger.c.state.in_(states) | ledger.c.evidence.in_(sorted(UNSURE)))
    )
    older: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        older[row.key].append(row)
    return older


def _decided(operation: PlannedOperation, older: Mapping[str, Sequence[Row]]) -> PlannedOperation:
    """The operation, or its superseded form when Virtuous has that value and nothing newer may have arrived."""
    if operation.state not in UNSENT or not operation.is_acknowledged:
        return operation
    if any(_may_have_arrived(row) for row in older.get(_record(operation), ())):
        return operation
    return replace(operation, payload=None, state=State.SUPERSEDED, reason="Virtuous has this value", waits_for=None)


def _may_have_arrived(row: Row) -> bool:
    """A repeat can be refused although the first try, which got no answer, took effect."""
    return row.state in (State.SENDING, State.REVIEW) or row.evidence in UNSURE


def _insert(
    connection: Connection,
    lease: Lease,
    cut: CutRow,
    decided: Sequence[PlannedOperation],
    now: datetime,
) -> None:
    if not decided:
        return
    ids = connection.execute(
        insert(ledger).returning(ledger.c.operation_id, sort_by_parameter_order=True),
        [
            {
                "customer_id": lease.customer_id,
                "run_id": cut.run_id,
                "kind": operation.kind,
                "action": operation.action,
                "endpoint": operation.endpoint,
                "waits_for": operation.waits_for,
                "reference_source": operation.reference_source,
                "reference_id": operation.reference_id,
                "state": operation.state.value,
                "priority": int(operation.priority),
                "payload": operation.payload,
                "attempts": 0,
                "deferrals": 0,
                "reason": operation.reason,
                "evidence": Evidence.MAY_BE_THERE.value if operation.may_be_there else None,
                "finished_in": None if operation.state in UNSENT else cut.run_id,
                "planned_at": now,
                "updated_at": now,
            }
            for operation in decided
        ],
    ).scalars()
    connection.execute(
        insert(ledger_changes),
        [
            {
                "customer_id": lease.customer_id,
                "operation_id": operation_id,
                "stream": link.stream,
                "key": link.key,
                "field_group": link.field_group,
                "kind": link.kind,
                "fingerprint": link.fingerprint,
                "row_hash": link.row_hash,
                "cut": cut.cut,
                "run_id": cut.run_id,
            }
            for operation_id, operation in zip(ids, decided, strict=True)
            for link in operation.links
        ],
    )
