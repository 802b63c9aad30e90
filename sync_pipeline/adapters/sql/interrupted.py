"""Runs whose process died in the middle: of nights and reconciliations, what is left goes on by itself."""

from itertools import takewhile

from sqlalchemy import ColumnElement, Connection, select, update

from sync_pipeline.adapters.sql.advancing import has_advanced
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.runs import GOES_ON, INTERRUPTED
from sync_pipeline.adapters.sql.tables import runs, slices
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.run import Layer, Run, RunStatus, Stage
from sync_pipeline.ports import Clock

MOST_INTERRUPTIONS = 5
"""In a row, before anything was done: as often as a slice that never begins is tried (orchestration/run_queue.py)."""


class SqlInterrupted:
    """Looks for them, and parks them under the customer's lease. Polls are not worth it: the next one is minutes away.

    Nor is a run by hand: somebody may have killed it on purpose, and the customer's next run does its work.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def at_work(self) -> list[Run]:
        """Runs that look as if they were at work; whether somebody is, the leases know."""
        with self._database.read() as connection:
            rows = connection.execute(select(runs).where(GOES_ON)).all()
        return [Run(row.customer_id, row.run_id, Layer(row.layer), row.slot) for row in rows]

    def park(self, lease: Lease, run_id: str) -> list[str]:
        """Close what is open of the run, and let it go on at once; answers the Dagster runs that ended unnoticed.

        Where several slices in a row got nothing done it fails instead: what kills it may be in its data.
        """
        now, customer_id = self._clock.now(), lease.customer_id
        this_run = (runs.c.customer_id == customer_id, runs.c.run_id == run_id)
        of_run = (slices.c.customer_id == customer_id, slices.c.run_id == run_id)
        with self._database.write() as connection:
            require_lease(connection, lease)
            still = connection.execute(select(runs.c.status).where(*this_run)).scalar()
            if still != RunStatus.RUNNING.value:
                return []
            ended: list[str] = []
            for row in connection.execute(select(slices).where(*of_run, slices.c.ended_at.is_(None))).all():
                advanced = has_advanced(connection, customer_id, run_id, row.dagster_run_id)
                ended.append(row.dagster_run_id)
                connection.execute(
                    update(slices)
                    .where(*of_run, slices.c.slice == row.slice)
                    .values(
                        status=RunStatus.FAILED.value,
                        ended_at=now,
                        advanced=True if advanced else None,  # a slice that could do nothing in its time has False
                        failures=[*(row.failures or ()), INTERRUPTED.as_dict()],
                    )
                )
            values = (
                {"status": RunStatus.FAILED.value, "completed_at": now}
                if _interruptions(connection, of_run) >= MOST_INTERRUPTIONS
                else {
                    "status": RunStatus.PARKED.value,
                    "resume_at": now,
                    "parked_in": Stage.SOURCE_SNAPSHOT.value,
                }
            )
            connection.execute(update(runs).where(*this_run).values(values))
        return ended


def _interruptions(connection: Connection, of_run: tuple[ColumnElement[bool], ...]) -> int:
    """How many of the newest slices were interrupted before they got anything done."""
    newest_first = select(slices.c.advanced).where(*of_run).order_by(slices.c.slice.desc())
    advanced = connection.execute(newest_first.limit(MOST_INTERRUPTIONS)).scalars()
    return sum(1 for _ in takewhile(lambda one: one is None, advanced))
