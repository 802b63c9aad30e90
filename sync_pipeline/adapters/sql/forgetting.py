"""Removing every row of a customer who left, except for the audit log."""

from sqlalchemy import Connection, Table, delete, func, select, tuple_

from sync_pipeline.adapters.sql.audit import note
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.tables import audit_log, breakers, change_sets, leases, metadata
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.audit import FORGET
from sync_pipeline.domain.lease import Lease
from sync_pipeline.ports import Clock

KEPT = frozenset({audit_log, leases})
"""Who decided what and why; and the token that keeps out a process of before, however late it wakes up."""
LAST = (change_sets, breakers)
"""Cuts are numbered after the newest one: of a number that is given twice the ledger would miss the second. The pause
that keeps everybody out ends when nothing else is left."""
FORGOTTEN: tuple[Table, ...] = (
    *(one for one in metadata.sorted_tables if "customer_id" in one.c and one not in KEPT and one not in LAST),
    *LAST,
)
ROWS_PER_TRANSACTION = 5_000
"""SQLite has one writer: the other customers' transactions come in between."""
BEING_FORGOTTEN = "its data is being removed; `sync-pipeline customers forget` was begun and has not ended"


class SqlForgetting:
    """Implements `ports.Forgetting`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def rows(self, customer_id: str) -> dict[str, int]:
        """How many rows there are of the customer, by table; tables without any are left out."""
        with self._database.read() as connection:
            counts = {
                table.name: connection.execute(
                    select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
                ).scalar_one()
                for table in FORGOTTEN
            }
        return {name: count for name, count in counts.items() if count}

    def begin(self, lease: Lease, reason: str, actor: str) -> None:
        """Write down who wants it and why, and let nothing of the customer run until it is over."""
        customer_id, now = lease.customer_id, self._clock.now()
        row = {
            "customer_id": customer_id,
            "consecutive_failures": 0,
            "reason": BEING_FORGOTTEN,
            "needs_person": True,
            "updated_at": now,
        }
        with self._database.write() as connection:
            require_lease(connection, lease)
            upsert(connection, breakers, [row])
            note(connection, customer_id, FORGET, actor, reason, now)

    def remove(self, lease: Lease) -> None:
        """Remove everything but the pause, in many transactions: who was killed between two of them goes on there."""
        for table in FORGOTTEN:
            if table is not breakers:
                while self._removed(lease, table):
                    pass

    def end(self, lease: Lease) -> None:
        """Nothing else is left: the pause goes too."""
        self._removed(lease, breakers)

    def _removed(self, lease: Lease, table: Table) -> int:
        key = table.primary_key.columns
        some = select(*key).where(table.c.customer_id == lease.customer_id).limit(ROWS_PER_TRANSACTION)
        with self._database.write() as connection:
            require_lease(connection, lease)
            _overwrite_what_is_deleted(connection)
            return connection.execute(delete(table).where(tuple_(*key).in_(some))).rowcount


def _overwrite_what_is_deleted(connection: Connection) -> None:
    """Otherwise SQLite keeps the bytes of deleted rows in the file until it uses their pages again."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
