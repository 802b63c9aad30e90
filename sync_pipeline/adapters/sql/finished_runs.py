"""Runs that ended lately, with what they are compared with."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Row, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import positions, runs, slices
from sync_pipeline.domain.alerts.of_fleet import POLLS_IN_A_ROW
from sync_pipeline.domain.alerts.of_runs import OVER, FinishedRun
from sync_pipeline.domain.history import MOST
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import Layer, RunStatus


class SqlFinishedRuns:
    """Reads; nothing of it changes anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def earlier(self, customer_id: str, layer: str, but: str) -> list[RunReport]:
        """The newest runs of a layer that were done, without the run `but`; newest first."""
        with self._database.read() as connection:
            return _earlier(connection, customer_id, layer, but)

    def since(self, moment: datetime) -> list[FinishedRun]:
        """What ended after that, oldest first: of each customer the newest poll, and the newest of everything else."""
        newest: dict[tuple[str, bool], Row] = {}
        with self._database.read() as connection:
            ended = (
                select(runs)
                .where(runs.c.completed_at > moment)
                .where(runs.c.status.in_([status.value for status in OVER]))
                .order_by(runs.c.completed_at)
            )
            for row in connection.execute(ended):
                if row.report is not None:
                    newest.pop(which := (row.customer_id, row.layer == Layer.POLL.value), None)
                    newest[which] = row
            return [
                FinishedRun(
                    RunReport.of(row.report),
                    _earlier(connection, row.customer_id, row.layer, row.run_id),
                    _last_slice(connection, row.customer_id, row.run_id),
                )
                for row in newest.values()
            ]

    def polls_in_trouble(self, moment: datetime) -> tuple[Collection[str], dict[str, datetime]]:
        """Customers with a poll that ended after that; of those whose last ones all failed, when the first did.

        A poll that finds nothing leaves no row: what shows that there was one is that everything is accounted for.
        """
        polled = (
            select(runs.c.customer_id).distinct().where(runs.c.completed_at > moment, runs.c.layer == Layer.POLL.value)
        )
        failing: dict[str, datetime] = {}
        with self._database.read() as connection:
            customer_ids = list(connection.execute(polled).scalars())
            for customer_id in customer_ids:
                last = connection.execute(
                    select(runs.c.status, runs.c.started_at)
                    .where(runs.c.customer_id == customer_id, runs.c.layer == Layer.POLL.value)
                    .order_by(runs.c.started_at.desc())
                    .limit(POLLS_IN_A_ROW)
                ).all()
                if len(last) < POLLS_IN_A_ROW or {row.status for row in last} != {RunStatus.FAILED.value}:
                    continue
                well_since = connection.execute(
                    select(positions.c.accounted_at)
                    .where(positions.c.customer_id == customer_id, positions.c.accounted_at > last[-1].started_at)
                    .limit(1)
                ).first()
                if well_since is None:
                    failing[customer_id] = last[-1].started_at
        return customer_ids, failing


def _earlier(connection: Connection, customer_id: str, layer: str, but: str) -> list[RunReport]:
    reports = (
        select(runs.c.report)
        .where(runs.c.customer_id == customer_id, runs.c.layer == layer, runs.c.run_id != but)
        .where(runs.c.status == RunStatus.DONE.value)
        .order_by(runs.c.started_at.desc())
        .limit(MOST)
    )
    return [RunReport.of(report) for report in connection.execute(reports).scalars() if report is not None]


def _last_slice(connection: Connection, customer_id: str, run_id: str) -> str | None:
    return connection.execute(
        select(slices.c.dagster_run_id)
        .where(slices.c.customer_id == customer_id, slices.c.run_id == run_id)
        .order_by(slices.c.slice.desc())
        .limit(1)
    ).scalar()
