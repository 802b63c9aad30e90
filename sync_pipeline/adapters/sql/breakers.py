"""Pauses: who stopped a customer, until when, and why; each change leaves an entry in the audit log."""

from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, select

from sync_pipeline.adapters.sql.audit import note
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import breakers
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain import pause
from sync_pipeline.domain.pause import Breaker, RunVerdict
from sync_pipeline.ports import Clock

BREAKER = select(breakers).where(breakers.c.customer_id == bindparam("customer"))


class SqlBreakers:
    """Pauses and counts of consecutive failures, per customer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def breaker(self, customer_id: str) -> Breaker:
        with self._database.read() as connection:
            return read_breaker(connection, customer_id)

    def pause(self, customer_id: str, reason: str, actor: str, until: datetime | None = None) -> None:
        """Stop syncing this customer until `until`, or until a person resumes it."""
        end: dict[str, object] = {"needs_person": True} if until is None else {"paused_until": until}
        self._write(customer_id, {"reason": reason, **end}, "pause", actor, reason)

    def resume(self, customer_id: str, reason: str, actor: str) -> None:
        self._write(
            customer_id,
            {"paused_until": None, "reason": None, "consecutive_failures": 0, "needs_person": False},
            "resume",
            actor,
            reason,
        )

    def _write(self, customer_id: str, values: dict[str, object], action: str, actor: str, reason: str) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            failures = read_breaker(connection, customer_id).consecutive_failures
            row = {"customer_id": customer_id, "updated_at": now, "consecutive_failures": failures, **values}
            upsert(connection, breakers, [row])
            note(connection, customer_id, action, actor, reason, now)


def read_breaker(connection: Connection, customer_id: str) -> Breaker:
    row = connection.execute(BREAKER, {"customer": customer_id}).one_or_none()
    return Breaker(0, None, None) if row is None else breaker_of(row)


def breaker_of(row: Row) -> Breaker:
    return Breaker(row.consecutive_failures, row.paused_until, row.reason, row.needs_person)


def count_run(connection: Connection, customer_id: str, verdict: RunVerdict, now: datetime) -> None:
    """Count a finished run inside the transaction that finishes it; the third failure in a row pauses the customer."""
    before = read_breaker(connection, customer_id)
    after = before.after(verdict, now)
    row = {
        "customer_id": customer_id,
        "consecutive_failures": after.consecutive_failures,
        "paused_until": after.paused_until,
        "reason": after.reason,
        "needs_person": after.needs_person,
        "updated_at": now,
    }
    upsert(connection, breakers, [row])
    if after.is_paused(now) and not before.is_paused(now):
        note(connection, customer_id, "pause", pause.BREAKER, after.reason or "", now)
