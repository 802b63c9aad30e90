"""Pauses: who stopped a customer, until when, and why; each change leaves an entry in the audit log."""

from datetime import UTC, datetime

from sqlalchemy import insert, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import audit_log, breakers
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.ports import Clock

UNTIL_RESUMED = datetime(9999, 12, 31, tzinfo=UTC)


class SqlBreakers:
    """Pauses and counts of consecutive failures, per customer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def breaker(self, customer_id: str) -> Breaker:
        with self._database.read() as connection:
            row = connection.execute(select(breakers).where(breakers.c.customer_id == customer_id)).one_or_none()
        if row is None:
            return Breaker(0, None, None)
        return Breaker(row.consecutive_failures, row.paused_until, row.reason)

    def pause(self, customer_id: str, reason: str, actor: str, until: datetime | None = None) -> None:
        """Stop syncing this customer until `until`, or until a person resumes it."""
        self._write(customer_id, {"paused_until": until or UNTIL_RESUMED, "reason": reason}, "pause", actor, reason)

    def resume(self, customer_id: str, reason: str, actor: str) -> None:
        self._write(
            customer_id,
            {"paused_until": None, "reason": None, "consecutive_failures": 0},
            "resume",
            actor,
            reason,
        )

    def count_run(self, customer_id: str, *, failed: bool) -> None:
        """Count a finished run: failures in a row add up, anything else starts over."""
        failures = self.breaker(customer_id).consecutive_failures + 1 if failed else 0
        with self._database.write() as connection:
            upsert(
                connection,
                breakers,
                [
                    {
                        "customer_id": customer_id,
                        "consecutive_failures": failures,
                        "updated_at": self._clock.now(),
                    }
                ],
            )

    def _write(self, customer_id: str, values: dict[str, object], action: str, actor: str, reason: str) -> None:
        now = self._clock.now()
        failures = self.breaker(customer_id).consecutive_failures
        with self._database.write() as connection:
            upsert(
                connection,
                breakers,
                [{"customer_id": customer_id, "updated_at": now, "consecutive_failures": failures, **values}],
            )
            connection.execute(
                insert(audit_log).values(customer_id=customer_id, at=now, actor=actor, action=action, reason=reason)
            )
