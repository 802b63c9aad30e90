"""What is not over, as a forecast needs it: in which requests it would leave, and what it waits for."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Row, Text, case, cast, func, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import ledger, ledger_changes
from sync_pipeline.domain.backlog import OpenOperation
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.needs import Need, needs_of
from sync_pipeline.domain.operation import LEFT_OVER, LOOKED_FOR_FIRST, UNSURE, State

UNCERTAIN = (State.SENDING.value, State.REVIEW.value)
"""States in which Virtuous may have the value although it never said so to us."""


def open_operations(database: Database, customer_id: str) -> list[OpenOperation]:
    """What goes on by itself, and what may have arrived although nobody knows; oldest first."""
    evidence = func.coalesce(ledger.c.evidence, "")
    may_have_arrived = ledger.c.state.in_(UNCERTAIN) | evidence.in_(sorted(UNSURE))
    statement = (
        select(
            ledger.c.operation_id,
            ledger.c.state,
            ledger.c.kind,
            ledger.c.action,
            ledger.c.endpoint,
            ledger.c.reference_source,
            ledger.c.reference_id,
            ledger.c.priority,
            ledger.c.deferrals,
            ledger.c.batch_id,
            may_have_arrived.label("may_have_arrived"),
            evidence.in_(sorted(LOOKED_FOR_FIRST)).label("may_be_there"),
            case((ledger.c.state == State.WAITING.value, cast(ledger.c.payload, Text))).label("waiting_payload"),
            ledger_changes.c.stream,
            ledger_changes.c.key,
        )
        .distinct()
        .join(ledger_changes, ledger_changes.c.operation_id == ledger.c.operation_id)
        .where(ledger.c.customer_id == customer_id, ledger_changes.c.customer_id == customer_id)
        .where(ledger.c.state.in_(sorted(LEFT_OVER)) | may_have_arrived)
        .order_by(ledger.c.operation_id)
    )
    with database.read() as connection:
        rows = connection.execute(statement)
        return [_open_operation(list(links)) for _, links in groupby(rows, key=lambda row: row.operation_id)]


def _open_operation(links: Sequence[Row]) -> OpenOperation:
    """The operation of these rows, one per record it carries a change of."""
    first = links[0]
    payload = {} if first.waiting_payload is None else msgspec.json.decode(first.waiting_payload)
    return OpenOperation(
        operation_id=first.operation_id,
        state=State(first.state),
        kind=first.kind,
        action=first.action,
        endpoint=first.endpoint,
        reference_source=first.reference_source,
        reference_id=first.reference_id,
        priority=first.priority,
        deferrals=first.deferrals,
        batch_id=first.batch_id,
        may_have_arrived=bool(first.may_have_arrived),
        records=tuple((link.stream, link.key) for link in links),
        needs=tuple(_needs(first, payload)),
        replaces=bool(payload.get("replaces")),
        may_be_there=bool(first.may_be_there),
    )


def _needs(row: Row, payload: dict[str, Any]) -> Iterator[Need]:
    if row.waiting_payload is not None:
        yield from needs_of(row.kind, Action(row.action), row.reference_source, row.reference_id, payload)
