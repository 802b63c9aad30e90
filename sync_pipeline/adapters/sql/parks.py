"""Parked runs: stopped on purpose, with work left and a time to go on."""

from datetime import datetime

from sqlalchemy import ColumnElement, Row, func, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import runs, slices
from sync_pipeline.domain.run import Layer, ParkedRun, Run, RunStatus, Stage


class SqlParks:
    """Reads what `SqlRuns.finish_slice` left; of every customer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime) -> list[ParkedRun]:
        """The runs that may go on by now, the one that waited longest first."""
        return self._parked(runs.c.resume_at <= now)

    def of_run(self, customer_id: str, run_id: str) -> ParkedRun | None:
        """This run, if it is parked."""
        return next(iter(self._parked((runs.c.customer_id == customer_id) & (runs.c.run_id == run_id))), None)

    def _parked(self, which: ColumnElement[bool]) -> list[ParkedRun]:
        number = (
            select(func.count())
            .where(slices.c.customer_id == runs.c.customer_id, slices.c.run_id == runs.c.run_id)
            .scalar_subquery()
        )
        with self._database.read() as connection:
            rows = connection.execute(
                select(runs, number.label("slices"))
                .where(runs.c.status == RunStatus.PARKED.value, which)
                .order_by(runs.c.resume_at, runs.c.customer_id)
            ).all()
        return [_parked_run(row) for row in rows]


def _parked_run(row: Row) -> ParkedRun:
    run = Run(row.customer_id, row.run_id, Layer(row.layer), row.slot)
    stage = Stage(row.parked_in) if row.parked_in is not None else Stage.SOURCE_SNAPSHOT
    return ParkedRun(run, row.started_at, row.resume_at, stage, row.slices)
