"""Every row of a customer who left goes, except for the audit log and the token that fences off old processes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean, Table, func, insert, select
from sqlalchemy.types import BigInteger, Integer

from sync_pipeline.adapters.sql.audit import SqlAudit
from sync_pipeline.adapters.sql.forgetting import BEING_FORGOTTEN, FORGOTTEN, KEPT, LAST
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline.adapters.sql.types import Json, UtcDateTime
from sync_pipeline.domain.errors import BusyError
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, Worker, holder_elsewhere
from sync_pipeline_tests.clock import FakeClock

NEIGHBOUR = "lakeside"
ROWS_OF_A_TABLE = 3


def fill(store: StateStore, customer_id: str, now: datetime) -> None:
    """Some rows in every table that goes."""
    with store.database.write() as connection:
        for table in FORGOTTEN:
            many = [column for column in table.primary_key.columns if column.name != "customer_id"]
            for number in range(ROWS_OF_A_TABLE if many else 1):
                connection.execute(insert(table).values(**row(table, customer_id, number, now)))


def row(table: Table, customer_id: str, number: int, now: datetime) -> dict[str, Any]:
    """A value for every column that needs one, by its kind."""
    values: dict[str, Any] = {"customer_id": customer_id}
    for column in table.columns:
        counts_by_itself = column is table.autoincrement_column
        if column.name == "customer_id" or column.nullable or counts_by_itself:
            continue
        by_kind: dict[Any, Any] = {UtcDateTime: now + timedelta(seconds=number), type(Json): {}, Boolean: False}
        by_kind |= dict.fromkeys((Integer, BigInteger), number)
        values[column.name] = by_kind.get(type(column.type), f"{customer_id} {number}")
    return values


def rows_of(store: StateStore, customer_id: str) -> dict[str, int]:
    """By table, whatever the code under test believes to be a customer's."""
    with store.database.read() as connection:
        return {
            table.name: count
            for table in metadata.sorted_tables
            if "customer_id" in table.c
            and (
                count := connection.execute(
                    select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
                ).scalar_one()
            )
        }


def test_every_table_about_customers_either_goes_or_is_kept_for_a_reason() -> None:
    about_customers = {table for table in metadata.sorted_tables if "customer_id" in table.c}
    assert {*FORGOTTEN, *KEPT} == about_customers
    assert {table.name for table in KEPT} == {"audit_log", "leases"}
    assert FORGOTTEN[-2:] == LAST


@pytest.mark.parametrize("at_once", [2, 5_000])
def test_nothing_is_left_but_the_audit_log_and_the_lease_and_the_neighbour_keeps_everything(
    store: StateStore, worker: Worker, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("sync_pipeline.adapters.sql.forgetting.ROWS_PER_TRANSACTION", at_once)
    for customer_id in (CUSTOMER, NEIGHBOUR):
        fill(store, customer_id, clock.now())
    neighbours = rows_of(store, NEIGHBOUR)
    counts = store.forgetting.rows(CUSTOMER)
    assert counts == neighbours
    assert counts.keys() == {table.name for table in FORGOTTEN}
    store.forgetting.begin(worker.lease, "agreement ended", "anna")
    store.forgetting.remove(worker.lease)
    assert store.breakers.breaker(CUSTOMER).reason == BEING_FORGOTTEN
    store.forgetting.end(worker.lease)
    assert rows_of(store, CUSTOMER) == {"audit_log": 1, "leases": 1}
    assert store.forgetting.rows(CUSTOMER) == {}
    assert rows_of(store, NEIGHBOUR) == neighbours


def test_who_wanted_it_and_why_is_known_from_its_first_step_on(
    store: StateStore, worker: Worker, clock: FakeClock
) -> None:
    store.forgetting.begin(worker.lease, "agreement ended", "anna")
    (entry,) = SqlAudit(store.database, clock).entries(CUSTOMER)
    assert (entry.at, entry.actor, entry.action, entry.reason) == (clock.now(), "anna", "forget", "agreement ended")
    assert store.breakers.breaker(CUSTOMER).is_paused(clock.now())


def test_who_lost_the_lease_removes_nothing_more(store: StateStore, worker: Worker, clock: FakeClock) -> None:
    fill(store, CUSTOMER, clock.now())
    before = store.forgetting.rows(CUSTOMER)
    clock.advance(hours=1)
    assert store.leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    with pytest.raises(BusyError):
        store.forgetting.begin(worker.lease, "x", "anna")
    with pytest.raises(BusyError):
        store.forgetting.remove(worker.lease)
    assert store.forgetting.rows(CUSTOMER) == before
