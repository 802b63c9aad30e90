"""The audit log: who decided what about a customer, and why. Entries are added and never changed."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import audit_log, runs
from sync_pipeline.domain.audit import RUN, AuditEntry, with_runs
from sync_pipeline.domain.run import MANUAL, WEEKLY
from sync_pipeline.ports import Clock


class SqlAudit:
    """The log of every customer, also of one that has no file any more."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def entries(self, customer_id: str, since: datetime | None = None) -> list[AuditEntry]:
        """Decisions, and runs that somebody began by hand; oldest first."""
        log = select(audit_log).where(audit_log.c.customer_id == customer_id).order_by(audit_log.c.entry_id)
        by_hand = select(runs.c.started_at, runs.c.run_id).where(
            runs.c.customer_id == customer_id, runs.c.slot.in_((MANUAL, WEEKLY))
        )
        if since is not None:
            log, by_hand = log.where(audit_log.c.at >= since), by_hand.where(runs.c.started_at >= since)
        with self._database.read() as connection:
            entries = [AuditEntry(row.at, row.actor, row.action, row.reason) for row in connection.execute(log)]
            return with_runs(entries, [(row.started_at, row.run_id) for row in connection.execute(by_hand)])

    def is_known(self, customer_id: str) -> bool:
        """Whether anything was ever decided about such a customer."""
        with self._database.read() as connection:
            found = select(audit_log.c.entry_id).where(audit_log.c.customer_id == customer_id).limit(1)
            return connection.execute(found).first() is not None

    def note_run(self, customer_id: str, run_id: str, actor: str) -> None:
        """Somebody begins a run by hand."""
        with self._database.write() as connection:
            note(connection, customer_id, RUN, actor, run_id, self._clock.now())


def note(connection: Connection, customer_id: str, action: str, actor: str, reason: str, now: datetime) -> None:
    """Part of the transaction that does what it tells of."""
    connection.execute(
        insert(audit_log).values(customer_id=customer_id, at=now, actor=actor, action=action, reason=reason)
    )
