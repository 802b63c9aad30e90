"""What a fleet did lately, in numbers: implements ports.DayBook."""

from datetime import datetime

import msgspec
from sqlalchemy import Text, cast, func, select, text

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.fleet import NIGHTS
from sync_pipeline.adapters.sql.tables import NEEDS_A_PERSON, ledger, runs
from sync_pipeline.domain.alerts.summary import DayTotals
from sync_pipeline.domain.run import RunStatus


class _Numbers(msgspec.Struct):
    """Of a report; msgspec skips everything else."""

    total_changes: int = 0
    unchanged: int = 0
    successes: int = 0
    failures: int = 0


class SqlDayBook:
    """Reads; nothing of it changes anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def totals(self, since: datetime) -> DayTotals:
        """What the runs that ended after that did together; a parked one counts when it is over."""
        reports = select(cast(runs.c.report, Text)).where(
            runs.c.completed_at > since, runs.c.report.is_not(None), runs.c.status != RunStatus.PARKED.value
        )
        with self._database.read() as connection:
            told = [
                msgspec.json.decode(report, type=_Numbers) for report in connection.execute(reports).scalars() if report
            ]
        changes = sum(one.total_changes for one in told)
        return DayTotals(
            records=changes + sum(one.unchanged for one in told),
            changes=changes,
            delivered=sum(one.successes for one in told),
            failed=sum(one.failures for one in told),
        )

    def new_since(self, moment: datetime) -> dict[str, int]:
        """Dead letters and reviews by customer that were none at that moment."""
        counts = (
            select(ledger.c.customer_id, func.count().label("operations"))
            .where(text(NEEDS_A_PERSON), ledger.c.updated_at > moment)
            .group_by(ledger.c.customer_id)
        )
        with self._database.read() as connection:
            return {row.customer_id: row.operations for row in connection.execute(counts)}

    def requests_of_last_nights(self) -> dict[str, int]:
        """Requests to Virtuous that each customer's newest finished night took."""
        finished = (runs.c.layer.in_(NIGHTS), runs.c.status == RunStatus.DONE.value)
        newest = (
            select(runs.c.customer_id, func.max(runs.c.started_at).label("started_at"))
            .where(*finished)
            .group_by(runs.c.customer_id)
            .subquery()
        )
        same = (runs.c.customer_id == newest.c.customer_id) & (runs.c.started_at == newest.c.started_at)
        reports = select(runs.c.customer_id, runs.c.report).join(newest, same).where(*finished)
        with self._database.read() as connection:
            rows = connection.execute(reports).all()
        return {row.customer_id: sum(row.report["requests"].values()) for row in rows if row.report}
