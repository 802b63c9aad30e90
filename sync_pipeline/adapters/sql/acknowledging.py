"""Acknowledging: the values of accepted operations become what the next diff compares with."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, select, update

from sync_pipeline.adapters.sql.crm_ids import remember
from sync_pipeline.adapters.sql.older import came_before, older
from sync_pipeline.adapters.sql.tables import acknowledged, ledger, ledger_changes
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import UNSENT, Evidence, State

REPLACING = frozenset({"attendance", "note", "opportunity"})
"""Kinds whose payload says whether there is one to replace."""

# Built once, for the sake of single writes: every request settles one operation there.
ACCEPT = (
    update(ledger)
    .where(ledger.c.customer_id == bindparam("customer"))
    .where(ledger.c.operation_id.in_(bindparam("ids", expanding=True)), ledger.c.state == bindparam("before"))
    .values(
        state=State.ACCEPTED.value,
        payload=None,
        request=None,
        waits_for=None,
        accepted_at=bindparam("now"),
        evidence=bindparam("known_by"),
        finished_in=bindparam("run"),
        updated_at=bindparam("now"),
    )
    .returning(ledger.c.operation_id, ledger.c.kind, ledger.c.reference_source, ledger.c.reference_id)
)
CHANGES = (
    select(ledger_changes)
    .where(ledger_changes.c.customer_id == bindparam("customer"))
    .where(ledger_changes.c.operation_id.in_(bindparam("ids", expanding=True)))
    .order_by(ledger_changes.c.operation_id)
)


def settle_accepted(
    connection: Connection,
    customer_id: str,
    run_id: str,
    ids: Sequence[int],
    now: datetime,
    evidence: Evidence | None,
    crm_ids: Mapping[int, CrmId] | None = None,
    before: State = State.SENDING,
) -> None:
    """Operations that are in the state `before` become accepted, inside the caller's transaction.

    Their values are acknowledged, and the ids that Virtuous gave (by operation) are kept.
    """
    which = {"customer": customer_id, "ids": list(ids), "before": before.value}
    what = {"known_by": None if evidence is None else evidence.value, "run": run_id, "now": now}
    moved = connection.execute(ACCEPT, which | what).all()
    _acknowledge(connection, customer_id, sorted(row.operation_id for row in moved), now)
    _tell_the_next(connection, customer_id, moved, now)
    given = {
        Need(row.kind, row.reference_source, row.reference_id): crm_ids[row.operation_id]
        for row in moved
        if crm_ids and row.operation_id in crm_ids
    }
    remember(connection, customer_id, given, now)


def _acknowledge(connection: Connection, customer_id: str, ids: Sequence[int], now: datetime) -> None:
    rows = connection.execute(CHANGES, {"customer": customer_id, "ids": ids}).mappings()
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


def _tell_the_next(connection: Connection, customer_id: str, moved: Sequence[Row], now: datetime) -> None:
    """What was planned while its record was in doubt learns whether there is something for it to replace.

    Otherwise hours that are corrected before the first recording was found would be recorded a second time.
    """
    ids = sorted(row.operation_id for row in moved if row.kind in REPLACING)
    if not ids:
        return
    rows = connection.execute(
        select(older.c.action, ledger.c.operation_id, ledger.c.payload)
        .join(older, came_before)
        .where(older.c.customer_id == customer_id, older.c.operation_id.in_(ids))
        .where(ledger.c.state.in_(sorted({*UNSENT, State.REVIEW})))
        .order_by(older.c.operation_id)
    )
    told = [
        {"told": row.operation_id, "payload": {**row.payload, "replaces": row.action == Action.SAVE}}
        for row in rows
        if row.payload and "replaces" in row.payload
    ]
    if told:
        connection.execute(
            update(ledger)
            .where(ledger.c.customer_id == customer_id, ledger.c.operation_id == bindparam("told"))
            .values(payload=bindparam("payload", type_=ledger.c.payload.type), updated_at=now),
            told,
        )
