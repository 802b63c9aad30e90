"""Keeping a lease alive while a stage works, and knowing how long it still lasts."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import HEARTBEAT_SECONDS, LEASE_SECONDS, Lease
from sync_pipeline.ports import Clock

log = structlog.get_logger()


class Heartbeat:
    """Implements `ports.LeaseKeeper`. A thread renews: the event loop may be busy computing for longer than a beat."""

    def __init__(
        self, leases: SqlLeases, lease: Lease, clock: Clock, acquired: float, beat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._leases = leases
        self._lease = lease
        self._clock = clock
        self._beat_seconds = beat_seconds
        # Counted from before the transaction that set the expiry: a slow store must not lengthen our own idea of it.
        self._lasts_until = acquired + LEASE_SECONDS
        self._lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{lease.customer_id}", daemon=True)

    @property
    def lease(self) -> Lease:
        return self._lease

    def require(self, seconds: float) -> None:
        """Refuse to start something that may outlast the lease; see `ports.LeaseKeeper`."""
        if self._lost or self._clock.monotonic() + seconds > self._lasts_until:
            raise BusyError(
                f"The lease of {self._lease.customer_id} was lost or could not be renewed in time.",
                "Nothing is lost: whoever holds it now, or the next run, goes on where this one stopped.",
            )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        try:
            self._leases.release(self._lease)
        except SQLAlchemyError as error:  # it ends by itself; what the block did, or raised, counts
            log.warning("lease_release_failed", customer=self._lease.customer_id, error=type(error).__name__)

    def _beat(self) -> None:
        while not self._stop.wait(self._beat_seconds):
            started = self._clock.monotonic()
            try:
                self._leases.renew(self._lease)
            except BusyError:
                self._lost = True
                return
            except SQLAlchemyError as error:
                log.warning("lease_renewal_failed", customer=self._lease.customer_id, error=type(error).__name__)
            else:
                self._lasts_until = started + LEASE_SECONDS


@contextmanager
def held_lease(
    leases: SqlLeases, customer_id: str, clock: Clock, beat_seconds: float = HEARTBEAT_SECONDS
) -> Generator[Heartbeat]:
    """Hold the customer's lease for the length of the block.

    Raises:
        BusyError: another process holds it.
    """
    acquired = clock.monotonic()
    lease = leases.acquire(customer_id, this_process())
    if lease is None:
        raise BusyError(
            f"Another process is syncing {customer_id}.",
            "Wait for it to finish; `sync-pipeline status` shows it. A dead process is replaced within 30 seconds.",
        )
    heartbeat = Heartbeat(leases, lease, clock, acquired, beat_seconds)
    heartbeat.start()
    try:
        yield heartbeat
    finally:
        heartbeat.stop()
