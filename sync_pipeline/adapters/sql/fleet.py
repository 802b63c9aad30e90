"""Questions about all customers at once: one query each, however many there are."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.adapters.sql.pruning import OPEN_RUNS
from sync_pipeline.adapters.sql.tables import breakers, positions, runs
from sync_pipeline.domain.due import FleetFacts
from sync_pipeline.domain.run import Layer
from sync_pipeline.ports import Clock

NIGHTS = (Layer.INITIAL.value, Layer.NIGHTLY.value)


class SqlFleet:
    """Reads; nothing of it changes anything."""

    def __init__(self, database: Database, clock: Clock, leases: SqlLeases) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases

    def facts(self, slots: Collection[str]) -> FleetFacts:
        """What is known of every customer; of what has begun, these slots."""
        with self._database.read() as connection:
            begun = select(runs.c.customer_id, runs.c.slot).where(runs.c.slot.in_(slots))
            paused = select(breakers.c.customer_id).where(
                or_(breakers.c.needs_person, breakers.c.paused_until > self._clock.now())
            )
            compared = select(positions.c.customer_id, positions.c.source, positions.c.stream).where(
                positions.c.acknowledged_cut.is_not(None)
            )
            return FleetFacts(
                begun={(row.customer_id, row.slot) for row in connection.execute(begun)},
                paused=set(connection.execute(paused).scalars()),
                at_work=self._leases.held(connection),
                compared={(row.customer_id, row.source, row.stream) for row in connection.execute(compared)},
            )

    def open_runs(self) -> set[str]:
        """The ids of runs that are at work or parked."""
        statement = select(runs.c.run_id).where(runs.c.status.in_(OPEN_RUNS))
        with self._database.read() as connection:
            return set(connection.execute(statement).scalars())

    def polled(self) -> dict[tuple[str, str, str], datetime]:
        """When each (customer, source, stream) was polled last."""
        columns = (positions.c.customer_id, positions.c.source, positions.c.stream, positions.c.polled_at)
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(positions.c.polled_at.is_not(None))).all()
        return {(row.customer_id, row.source, row.stream): row.polled_at for row in rows}
