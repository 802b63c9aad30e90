"""The ids that Virtuous gave our records."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import crm_ids
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.ports import Clock


class SqlCrmIds:
    """Implements `ports.CrmIds`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def known(self, customer_id: str, needs: Collection[Need]) -> dict[Need, CrmId]:
        """Of these records the ids that are known."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for need in sorted(needs):
            wanted.setdefault((need.kind, need.source), []).append(need.reference)
        found: dict[Need, CrmId] = {}
        with self._database.read() as connection:
            for (kind, source), references in wanted.items():
                statement = select(crm_ids.c.reference_id, crm_ids.c.crm_id, crm_ids.c.part_id).where(
                    crm_ids.c.customer_id == customer_id,
                    crm_ids.c.kind == kind,
                    crm_ids.c.reference_source == source,
                )
                for some in parts(references):
                    rows = connection.execute(statement.where(crm_ids.c.reference_id.in_(some)))
                    found |= {Need(kind, source, row[0]): CrmId(row[1], row[2]) for row in rows}
        return found

    def remember(self, lease: Lease, ids: Mapping[Need, CrmId]) -> None:
        """Keep ids that were looked up."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            remember(connection, lease.customer_id, ids, self._clock.now())

    def taken(self, customer_id: str, kind: str) -> set[int]:
        """Ids of this kind that stand for one of our records."""
        with self._database.read() as connection:
            return set(
                connection.execute(
                    select(crm_ids.c.crm_id).where(crm_ids.c.customer_id == customer_id, crm_ids.c.kind == kind)
                ).scalars()
            )


def remember(connection: Connection, customer_id: str, ids: Mapping[Need, CrmId], now: datetime) -> None:
    """Keep ids inside the caller's transaction."""
    upsert(
        connection,
        crm_ids,
        [
            {
                "customer_id": customer_id,
                "kind": need.kind,
                "reference_source": need.source,
                "reference_id": need.reference,
                "crm_id": known.crm_id,
                "part_id": known.part_id,
                "seen_at": now,
            }
            for need, known in ids.items()
        ],
    )
