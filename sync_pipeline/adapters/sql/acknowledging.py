"""Acknowledging: the values of accepted operations become what the next diff compares with."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from sync_pipeline.adapters.sql.tables import acknowledged, ledger_changes
from sync_pipeline.adapters.sql.upsert import upsert


def acknowledge(connection: Connection, customer_id: str, ids: Sequence[int], now: datetime) -> None:
    """Write the acknowledged rows of these operations, inside the transaction that accepts them."""
    rows = connection.execute(
        select(ledger_changes)
        .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.operation_id.in_(ids))
        .order_by(ledger_changes.c.operation_id)
    ).mappings()
    upsert(
        connection,
        acknowledged,
        [
            {
                "customer_id": customer_id,
                "stream": row["stream"],
                "key": row["key"],
                "field_group": row["field_group"],
                "fingerprint": row["fingerprint"],
                "row_hash": row["row_hash"],
                "operation_id": row["operation_id"],
                "acknowledged_at": now,
            }
            for row in rows
        ],
    )
