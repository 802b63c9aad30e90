"""Splitting: a refused operation goes on without the field groups that were to blame."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sync_pipeline.adapters.sql.tables import ledger, ledger_changes
from sync_pipeline.domain.operation import State


def split(
    connection: Connection,
    operation_id: int,
    groups: Collection[str],
    left: Mapping[str, Any],
    reason: str,
    run_id: str,
    now: datetime,
) -> bool:
    """Make a dead letter of these groups of an operation on its way, inside the caller's transaction.

    The operation is planned again with what is `left` of its payload. Answers False, and does nothing, when it carries
    none of the groups or nothing else.
    """
    carried = set(
        connection.execute(
            select(ledger_changes.c.field_group).where(ledger_changes.c.operation_id == operation_id)
        ).scalars()
    )
    row = (
        connection.execute(
            select(ledger).where(ledger.c.operation_id == operation_id, ledger.c.state == State.SENDING.value)
        )
        .mappings()
        .one_or_none()
    )
    if row is None or not carried & set(groups) or not carried - set(groups):
        return False
    values = {name: value for name, value in row.items() if name != "operation_id"}
    values |= {"state": State.DEAD.value, "payload": None, "batch_id": None, "reason": reason}
    values |= {"finished_in": run_id, "updated_at": now}
    dead = connection.execute(insert(ledger).values(**values).returning(ledger.c.operation_id)).scalar_one()
    connection.execute(
        update(ledger_changes)
        .where(ledger_changes.c.operation_id == operation_id, ledger_changes.c.field_group.in_(groups))
        .values(operation_id=dead)
    )
    connection.execute(
        update(ledger)
        .where(ledger.c.operation_id == operation_id)
        .values(state=State.PLANNED.value, payload=dict(left), batch_id=None, updated_at=now)
    )
    return True
