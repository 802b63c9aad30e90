"""Superseding: a newer operation of a record takes the place of what has not taken effect."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from sync_pipeline.adapters.sql.tables import ledger, ledger_changes
from sync_pipeline.domain.operation import State


def supersede(
    connection: Connection,
    run_id: str,
    ids: Collection[int],
    states: Collection[State],
    now: datetime,
) -> None:
    """End these operations, as far as they are in one of the states; their payloads are needed no more."""
    if ids:
        connection.execute(
            update(ledger)
            .where(ledger.c.operation_id.in_(ids))
            .where(ledger.c.state.in_([state.value for state in states]))
            .values(
                state=State.SUPERSEDED.value,
                payload=None,
                request=None,
                waits_for=None,
                finished_in=run_id,
                updated_at=now,
            )
        )


def overtaken(connection: Connection, customer_id: str, ids: Collection[int]) -> set[int]:
    """Which of these operations have a newer one of the same record and field group."""
    newer = ledger_changes.alias("newer")
    return set(
        connection.execute(
            select(ledger_changes.c.operation_id)
            .distinct()
            .join(
                newer,
                (newer.c.customer_id == ledger_changes.c.customer_id)
                & (newer.c.stream == ledger_changes.c.stream)
                & (newer.c.key == ledger_changes.c.key)
                & (newer.c.field_group == ledger_changes.c.field_group)
                & (newer.c.operation_id > ledger_changes.c.operation_id),
            )
            .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.operation_id.in_(ids))
        ).scalars()
    )
