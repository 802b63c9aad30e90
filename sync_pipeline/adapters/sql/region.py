"""The region that a state store belongs to, and whose data is in it."""

from sqlalchemy import select, union

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import breakers, deployment, positions, runs
from sync_pipeline.adapters.sql.upsert import insert_ignoring

REGION = "region"


class SqlRegion:
    """Implements ports.RegionalStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def region(self) -> str | None:
        with self._database.read() as connection:
            return connection.execute(select(deployment.c.value).where(deployment.c.fact == REGION)).scalar()

    def customers(self) -> set[str]:
        with self._database.read() as connection:
            ids = union(*(select(table.c.customer_id) for table in (positions, runs, breakers)))
            return set(connection.execute(ids).scalars())

    def give_to(self, region: str) -> None:
        with self._database.write() as connection:
            insert_ignoring(connection, deployment, [{"fact": REGION, "value": region}])
