"""Held change sets: what the guard measures against, and what a person decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sync_pipeline.adapters.sql.audit import note
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.tables import change_sets, ledger_changes, runs
from sync_pipeline.domain.change import ChangeKind
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.run import Layer
from sync_pipeline.ports import Clock


class SqlHeld:
    """Implements `ports.HeldChanges`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def different_since(self, customer_id: str, stream: str, since: datetime) -> dict[str, ChangeKind]:
        """Keys of the stream that were planned since then, and what happened to them last.

        What an initial run planned does not count, nor what a person approved.
        """
        statement = (
            select(ledger_changes.c.key, ledger_changes.c.kind)
            .join(
                change_sets,
                (change_sets.c.customer_id == ledger_changes.c.customer_id)
                & (change_sets.c.cut == ledger_changes.c.cut),
            )
            .join(runs, (runs.c.customer_id == change_sets.c.customer_id) & (runs.c.run_id == change_sets.c.run_id))
            .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.stream == stream)
            .where(change_sets.c.stream == stream, change_sets.c.state == CutState.PLANNED.value)
            .where(change_sets.c.read_completed_at >= since, change_sets.c.approved_by.is_(None))
            .where(runs.c.layer != Layer.INITIAL.value)
            .order_by(ledger_changes.c.cut)
        )
        with self._database.read() as connection:
            return {row.key: ChangeKind(row.kind) for row in connection.execute(statement)}

    def approve(self, customer_id: str, cut: int, actor: str) -> bool:
        """A person agrees to what this change set lists; False when it is not held (any more)."""
        with self._database.write() as connection:
            moved = connection.execute(
                update(change_sets)
                .where(change_sets.c.customer_id == customer_id, change_sets.c.cut == cut)
                .where(change_sets.c.state == CutState.HELD.value)
                .values(state=CutState.APPROVED.value, approved_by=actor)
            ).rowcount
            if moved:
                self._note(connection, customer_id, actor, "approve", cut)
        return bool(moved)

    def discard(self, lease: Lease, cut: int, actor: str) -> None:
        """Every value of this change set is recorded as unwanted: it is over."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            moved = connection.execute(
                update(change_sets)
                .where(change_sets.c.customer_id == lease.customer_id, change_sets.c.cut == cut)
                .where(change_sets.c.state == CutState.HELD.value)
                .values(state=CutState.DISCARDED.value)
            ).rowcount
            if moved:
                self._note(connection, lease.customer_id, actor, "discard", cut)

    def rows(self, customer_id: str, states: Sequence[CutState]) -> list[dict[str, Any]]:
        """Change sets in these states as plain rows, newest first."""
        columns = (
            *(change_sets.c.cut, change_sets.c.stream, change_sets.c.state, change_sets.c.creates),
            *(change_sets.c.updates, change_sets.c.deletes, change_sets.c.unchanged, change_sets.c.held),
            *(change_sets.c.approved_by, change_sets.c.read_completed_at, change_sets.c.run_id),
            change_sets.c.pruned_at,
        )
        with self._database.read() as connection:
            found = connection.execute(
                select(*columns)
                .where(change_sets.c.customer_id == customer_id)
                .where(change_sets.c.state.in_([state.value for state in states]))
                .order_by(change_sets.c.cut.desc())
            )
            return [dict(row) for row in found.mappings()]

    def _note(self, connection: Connection, customer_id: str, actor: str, action: str, cut: int) -> None:
        note(connection, customer_id, f"{action} change set", actor, f"change set {cut}", self._clock.now())
