"""Operations of every kind, as planning makes them, in few words."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from sync_pipeline.adapters.sql.tables import ledger
from sync_pipeline.adapters.sql.waiting import SqlWaiting
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.crm import contacts, gifts
from sync_pipeline.domain.operation import ChangeLink, PlannedOperation, Priority, SendingBatch, State
from sync_pipeline.domain.routes import Routes, routes_of
from sync_pipeline_tests.adapters.sql.support import STREAM, Worker, claimed

PLAIN = routes_of(100, bulk_notes=False, bulk_tags=False)
BULK = routes_of(100, bulk_notes=True, bulk_tags=True)
PRIORITIES = {
    "contact": Priority.UPDATE,
    "gift": Priority.GIFT,
    "opportunity": Priority.OPPORTUNITY,
    "attendance": Priority.ATTENDANCE,
    "note": Priority.NOTE,
}
TRANSACTIONS = {"contact": contacts.TRANSACTION, "gift": gifts.TRANSACTION}


def write(
    kind: str,
    key: str,
    value: str = "a",
    *,
    reference: str | None = None,
    source: str = "VOMO",
    action: Action = Action.SAVE,
    groups: Sequence[str] = ("core",),
    waits_for: str | None = None,
    is_acknowledged: bool = False,
) -> PlannedOperation:
    """A write of one record. It waits unless it is a transaction."""
    endpoint = TRANSACTIONS.get(kind) if action == Action.SAVE else None
    return PlannedOperation(
        kind=kind,
        reference_source=source,
        reference_id=reference or f"ref-{key}",
        priority=PRIORITIES[kind],
        payload={"value": value},
        links=[ChangeLink(STREAM, key, group, "update", f"{group}={value}", f"hash-{value}") for group in groups],
        state=State.WAITING if endpoint is None else State.PLANNED,
        is_acknowledged=is_acknowledged,
        action=action.value,
        endpoint=endpoint,
        waits_for=None if endpoint is not None else waits_for or f"contact {source}/person-{key}",
    )


def waiting_of(worker: Worker) -> SqlWaiting:
    return worker.store.waiting(worker.lease, worker.run_id)


def ids(worker: Worker, kind: str) -> list[int]:
    """What waits of a kind."""
    return [operation.operation_id for operation in waiting_of(worker).waiting(kind)]


def rows(worker: Worker) -> list[Any]:
    """The whole ledger of the customer, oldest first; sign-ups too, which carry no change."""
    statement = select(ledger).where(ledger.c.customer_id == worker.customer).order_by(ledger.c.operation_id)
    with worker.store.database.read() as connection:
        return list(connection.execute(statement))


def kinds(batch: SendingBatch) -> list[str]:
    return [f"{operation.action} {operation.kind} {operation.reference_id}" for operation in batch.operations]


def next_batch(worker: Worker, routes: Routes = PLAIN, blocked: Collection[str] = ()) -> SendingBatch:
    """The next request, when there must be one."""
    return claimed(worker.sending.claim(routes, blocked))
