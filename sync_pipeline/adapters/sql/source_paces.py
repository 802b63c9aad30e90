"""How fast each source of a customer may be asked, and what was asked of it lately."""

import msgspec
from sqlalchemy import bindparam, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import source_paces
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.source_pace import PaceRecord
from sync_pipeline.ports import Clock

KEPT = select(source_paces.c.record).where(
    source_paces.c.customer_id == bindparam("customer_id"), source_paces.c.source == bindparam("source")
)


class SqlPaceMemory:
    """Implements ports.PaceMemory for one account: one customer's source, which is one token."""

    def __init__(self, database: Database, clock: Clock, customer_id: str, source: str) -> None:
        self._database = database
        self._clock = clock
        self._key = {"customer_id": customer_id, "source": source}

    def recall(self) -> PaceRecord | None:
        with self._database.read() as connection:
            kept = connection.execute(KEPT, self._key).scalar()
        return None if kept is None else msgspec.convert(kept, PaceRecord)

    def keep(self, record: PaceRecord) -> None:
        row = {**self._key, "record": msgspec.to_builtins(record), "updated_at": self._clock.now()}
        with self._database.write() as connection:
            upsert(connection, source_paces, [row])


class FrozenPaceMemory(SqlPaceMemory):
    """For who writes nothing: what it asks is counted by nobody afterwards."""

    def keep(self, record: PaceRecord) -> None: ...
