"""Leases: one writer per customer."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, bindparam, select, update

from sync_pipeline.adapters.process import is_alive, this_process
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import leases
from sync_pipeline.adapters.sql.upsert import insert_ignoring
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import LEASE_SECONDS, Holder, Lease
from sync_pipeline.ports import Clock

OF_CUSTOMER = leases.c.customer_id == bindparam("customer")
TOKEN = select(leases.c.token).where(OF_CUSTOMER).with_for_update()
LOCKED = select(leases).where(OF_CUSTOMER).with_for_update()
CHANGE = update(leases).where(OF_CUSTOMER)
RELEASE = CHANGE.where(leases.c.token == bindparam("held")).values(holder=None, expires_at=None)


class SqlLeases:
    """Acquire, keep and release leases.

    A holder on this host whose process is gone (pid, start time and boot id say so) is replaced at once; any other
    holder keeps its lease until it expires.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def acquire(self, customer_id: str, holder: Holder) -> Lease | None:
        """The lease, or None while somebody else holds it."""
        with self._database.write() as connection:
            insert_ignoring(connection, leases, [{"customer_id": customer_id, "token": 0}])
            row = connection.execute(LOCKED, {"customer": customer_id}).one()
            if self._is_held(row, holder):
                return None
            is_unproven = row.holder not in (None, holder.holder_id) and not _is_dead(row, holder)
            taken_over_at = self._clock.now() if is_unproven else row.taken_over_at
            lease = Lease(customer_id, holder.holder_id, row.token + 1, self._expiry(), taken_over_at)
            changed = {
                "token": lease.token,
                "holder": holder.holder_id,
                "host": holder.host,
                "boot_id": holder.boot_id,
                "pid": holder.pid,
                "process_started": holder.process_started,
                "expires_at": lease.expires_at,
                "taken_over_at": taken_over_at,
            }
            connection.execute(CHANGE, {"customer": customer_id, **changed})
            return lease

    def is_held(self, customer_id: str) -> bool:
        """Whether a living process holds the lease now."""
        with self._database.read() as connection:
            row = connection.execute(select(leases).where(leases.c.customer_id == customer_id)).one_or_none()
        return row is not None and self._is_held(row, this_process())

    def held(self, connection: Connection) -> set[str]:
        """The customers whose leases living processes hold now."""
        now, me = self._clock.now(), this_process()
        rows = connection.execute(select(leases).where(leases.c.holder.is_not(None), leases.c.expires_at > now))
        return {row.customer_id for row in rows if self._is_held(row, me)}

    def renew(self, lease: Lease) -> Lease:
        """Move the expiry on.

        Raises:
            BusyError: somebody else took the lease meanwhile.
        """
        renewed = replace(lease, expires_at=self._expiry())
        with self._database.write() as connection:
            require_lease(connection, lease)
            connection.execute(CHANGE, {"customer": lease.customer_id, "expires_at": renewed.expires_at})
        return renewed

    def release(self, lease: Lease) -> None:
        with self._database.write() as connection:
            connection.execute(RELEASE, {"customer": lease.customer_id, "held": lease.token})

    def _is_held(self, row: Row, holder: Holder) -> bool:
        if row.holder is None or row.holder == holder.holder_id or row.expires_at <= self._clock.now():
            return False
        return not _is_dead(row, holder)

    def _expiry(self) -> datetime:
        return self._clock.now() + timedelta(seconds=LEASE_SECONDS)


def _is_dead(row: Row, holder: Holder) -> bool:
    """Whether the process in the row is proven gone: only a process of the same host can tell."""
    if row.host != holder.host:
        return False
    return row.boot_id != holder.boot_id or not is_alive(row.pid, row.process_started)


def require_lease(connection: Connection, lease: Lease) -> None:
    """Refuse to go on when the lease went to somebody else; part of every transaction of the write path.

    Raises:
        BusyError: the fencing token in the store is not ours.
    """
    token = connection.execute(TOKEN, {"customer": lease.customer_id}).scalar()
    if token != lease.token:
        raise BusyError(
            f"Another process took over {lease.customer_id}.",
            "Nothing is lost: it goes on where this one stopped.",
        )
