"""One moment of the state store, to be read and never changed: what a plan or an explanation starts from."""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from sync_pipeline.adapters.sql.breakers import SqlBreakers
from sync_pipeline.adapters.sql.crm_ids import SqlCrmIds
from sync_pipeline.adapters.sql.cuts import SqlCuts
from sync_pipeline.adapters.sql.database import Database, create_engine_for, current_revision
from sync_pipeline.adapters.sql.held import SqlHeld
from sync_pipeline.adapters.sql.histories import SqlHistories
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.adapters.sql.open_operations import open_operations
from sync_pipeline.adapters.sql.positions import SqlPositions
from sync_pipeline.adapters.sql.quota import SqlQuota
from sync_pipeline.adapters.sql.region import SqlRegion
from sync_pipeline.adapters.sql.source_paces import FrozenPaceMemory
from sync_pipeline.adapters.sql.waiting import accepted_people
from sync_pipeline.domain.backlog import OpenOperation
from sync_pipeline.domain.needs import Need
from sync_pipeline.ports import Clock


class FrozenDatabase(Database):
    """Hands out one long read transaction, whatever is committed meanwhile; a write is refused by the database."""

    def __init__(self, connection: Connection) -> None:
        self.engine = connection.engine
        self._connection = connection

    @contextmanager
    def read(self) -> Generator[Connection]:
        yield self._connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        raise RuntimeError("frozen state cannot be written")
        yield


@dataclass(frozen=True, slots=True)
class FrozenState:
    """The parts of the state store that can be read; whatever of them would write fails."""

    database: FrozenDatabase
    region: SqlRegion
    positions: SqlPositions
    cuts: SqlCuts
    held: SqlHeld
    quota: SqlQuota
    crm_ids: SqlCrmIds
    histories: SqlHistories
    breakers: SqlBreakers
    leases: SqlLeases
    clock: Clock

    def pace_memory(self, customer_id: str, source: str) -> FrozenPaceMemory:
        """How fast a source may be asked; nobody learns what it is asked now."""
        return FrozenPaceMemory(self.database, self.clock, customer_id, source)

    def accepted_people(self, customer_id: str, needs: Collection[Need]) -> dict[Need, datetime | None]:
        """Of these people who may be in Virtuous."""
        return accepted_people(self.database, customer_id, needs)

    def open_operations(self, customer_id: str) -> list[OpenOperation]:
        """What goes on by itself, and what may have arrived although nobody knows; oldest first."""
        return open_operations(self.database, customer_id)


@contextmanager
def frozen_state(url: str, clock: Clock, scratch: Path) -> Generator[FrozenState]:
    """The state store as it is now. Where there is none yet, an empty one inside the folder `scratch` stands for it.

    A store of an older release is migrated first, as by every command.

    Raises:
        ConfigurationError: the state store cannot be opened.
    """
    opened = Database(url if _exists(url) else f"sqlite:///{scratch / 'state.db'}")
    try:
        with opened.engine.connect() as connection:
            _begin(connection)
            database = FrozenDatabase(connection)
            yield FrozenState(
                database,
                SqlRegion(database),
                SqlPositions(database, clock),
                SqlCuts(database, clock),
                SqlHeld(database, clock),
                SqlQuota(database, clock),
                SqlCrmIds(database, clock),
                SqlHistories(database),
                SqlBreakers(database, clock),
                SqlLeases(database, clock),
                clock,
            )
    finally:
        opened.close()


def _begin(connection: Connection) -> None:
    """Begin a transaction that sees one moment only and may not write.

    Neither kind of database lets it hold up a writer: SQLite writes beside readers in its log (WAL), PostgreSQL keeps
    old versions of the rows.
    """
    if connection.dialect.name == "sqlite":
        connection.execution_options(sync_read_only=True).begin()
        connection.exec_driver_sql("PRAGMA query_only = ON")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True).begin()
    current_revision(connection)  # the moment is that of the first query


def _exists(url: str) -> bool:
    """Whether there is a state store with tables; looking makes neither file nor folder."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return True  # Database tells what is wrong with it
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        path = Path(parsed.database)
        if not path.is_file() or path.stat().st_size == 0:
            return False
    engine = create_engine_for(url)
    try:
        with engine.connect().execution_options(sync_read_only=True) as connection:
            return current_revision(connection) is not None
    except DatabaseError:
        return True  # as above
    finally:
        engine.dispose()
