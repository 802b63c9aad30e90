"""What the state store still knows of runs, for their pages: implements ports.RunHistory. It only reads."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, Select, and_, bindparam, func, select

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.permits import budget_of
from sync_pipeline.adapters.sql.rounded_times import MinuteOf
from sync_pipeline.adapters.sql.runs import LEAST_FAR_LAST, NEVER_LEFT, least_far
from sync_pipeline.adapters.sql.sending import count_by_state
from sync_pipeline.adapters.sql.tables import ledger, ledger_changes, quota_events, runs, slices
from sync_pipeline.domain.answer import TOO_MANY_REQUESTS
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pages.facts import FailureReason, PastRun, SentRequest, SliceSpan, StoredRun
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline.ports import DestinationName

# Built once, as in cuts.py.
IT = and_(runs.c.customer_id == bindparam("customer"), runs.c.run_id == bindparam("run"))
THIS_RUN = select(runs).where(IT)
NEWEST_REPORTED = (
    select(runs)
    .where(runs.c.customer_id == bindparam("customer"), runs.c.report.is_not(None))
    .order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    .limit(1)
)
SLICES = (
    select(slices)
    .where(slices.c.customer_id == bindparam("customer"), slices.c.run_id == bindparam("run"))
    .order_by(slices.c.slice)
)
NIGHTS = (
    select(runs)
    .where(runs.c.customer_id == bindparam("customer"), runs.c.layer == bindparam("of_layer"))
    .where(runs.c.started_at <= bindparam("until"))
    .order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
    .limit(bindparam("most"))
)
OWN_REQUESTS = (
    select(quota_events.c.at, quota_events.c.endpoint, quota_events.c.status)
    .where(quota_events.c.customer_id == bindparam("customer"), quota_events.c.run_id == bindparam("run"))
    .order_by(quota_events.c.at)
)
MINUTE = MinuteOf(quota_events.c.at).label("minute")
OTHER_REQUESTS = (
    select(MINUTE, func.count().label("requests"))
    .where(quota_events.c.destination == bindparam("key"), quota_events.c.run_id != bindparam("run"))
    .where(quota_events.c.at >= bindparam("since"), quota_events.c.at <= bindparam("until"))
    .group_by(MINUTE)
)
UNTOLD = "No reason was given."


class SqlRunHistory:
    """Reads of one customer's runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, customer_id: str, run_id: str | None = None) -> StoredRun | None:
        """A run that has a report; by default the newest."""
        which = {"customer": customer_id, "run": run_id}
        with self._database.read() as connection:
            statement = NEWEST_REPORTED if run_id is None else THIS_RUN
            row = connection.execute(statement, which).mappings().one_or_none()
        return None if row is None else _stored(row)

    def slices(self, customer_id: str, run_id: str) -> list[SliceSpan]:
        with self._database.read() as connection:
            rows = connection.execute(SLICES, {"customer": customer_id, "run": run_id}).all()
        return [
            SliceSpan(row.slice, row.started_at, row.ended_at, None if row.status is None else RunStatus(row.status))
            for row in rows
        ]

    def nights(self, customer_id: str, layer: Layer, until: datetime, most: int) -> list[PastRun]:
        """Runs of a layer that began by then, the newest of them; oldest first."""
        which = {"customer": customer_id, "of_layer": layer.value, "until": until, "most": most}
        with self._database.read() as connection:
            rows = connection.execute(NIGHTS, which).mappings().all()
        return [past_run(row) for row in reversed(rows)]

    def requests(self, customer_id: str, run_id: str) -> list[SentRequest]:
        """The run's requests to Virtuous that are still kept, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(OWN_REQUESTS, {"customer": customer_id, "run": run_id}).all()
        return [SentRequest(row.at, row.endpoint, row.status == TOO_MANY_REQUESTS) for row in rows]

    def other_requests(
        self, name: DestinationName, run_id: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, int]]:
        """How many requests other runs sent to the same organization, by the minute."""
        with self._database.read() as connection:
            which = {"key": budget_of(connection, name).key, "run": run_id, "since": since, "until": until}
            return [(row.minute, row.requests) for row in connection.execute(OTHER_REQUESTS, which)]

    def outcomes(self, customer_id: str, run_id: str) -> dict[str, dict[str, int]]:
        """By stream, the changes of a run by the state of their operations; see `SqlRuns.outcomes`."""
        per_change = least_far(customer_id, run_id).subquery()
        counted = select(per_change.c.stream, per_change.c.left, func.count().label("changes"))
        found: dict[str, dict[str, int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(counted.group_by(per_change.c.stream, per_change.c.left)):
                found.setdefault(row.stream, {})[LEAST_FAR_LAST[row.left].value] = row.changes
        return found

    def failure_reasons(self, customer_id: str, run_id: str, most: int, examples: int) -> list[FailureReason]:
        """Why records of a run died, the commonest reasons first: ids and reasons, never values."""
        with self._database.read() as connection:
            rows = connection.execute(_examples(customer_id, run_id, examples)).all()
        reasons = [
            FailureReason(reason or UNTOLD, some[0].records, tuple((row.stream, row.key) for row in some))
            for reason, some in ((reason, list(rows)) for reason, rows in groupby(rows, lambda row: row.reason))
        ]
        return sorted(reasons, key=lambda reason: (-reason.records, reason.reason))[:most]

    def operations(self, customer_id: str) -> Mapping[str, int]:
        """All operations of the customer by state."""
        with self._database.read() as connection:
            return count_by_state(connection, customer_id)


def past_run(row: RowMapping) -> PastRun:
    """One whose process was killed has no report: it counts for nothing, with a duration of -1."""
    report: Mapping[str, Any] = row["report"] or {}
    return PastRun(
        customer_id=row["customer_id"],
        run_id=row["run_id"],
        layer=row["layer"],
        status=row["status"],
        started_at=row["started_at"],
        duration_seconds=report.get("duration_seconds", -1),
        changes=report.get("total_changes", 0),
        failures=report.get("failures", 0),
        requests=sum(report.get("requests", {}).values()),
    )


def _stored(row: RowMapping) -> StoredRun | None:
    if row["report"] is None:
        return None
    return StoredRun(
        Run(row["customer_id"], row["run_id"], Layer(row["layer"]), row["slot"]),
        RunStatus(row["status"]),
        row["started_at"],
        datetime.fromisoformat(row["report"]["completed_at"]),
        row["report"],
    )


def _examples(customer_id: str, run_id: str, examples: int) -> Select[Any, Any, Any, Any]:
    """The first few records of each reason, with how many there are."""
    of_ours = and_(ledger_changes.c.operation_id == ledger.c.operation_id, ledger_changes.c.customer_id == customer_id)
    records = (
        select(
            ledger.c.operation_id,
            ledger.c.reason,
            func.coalesce(ledger_changes.c.stream, ledger.c.kind).label("stream"),
            func.coalesce(ledger_changes.c.key, ledger.c.reference_id).label("key"),
        )
        .distinct()
        .outerjoin(ledger_changes, of_ours)
        .where(ledger.c.customer_id == customer_id, ledger.c.finished_in == run_id)
        .where((ledger.c.state == State.DEAD.value) | NEVER_LEFT)
        .subquery()
    )
    numbered = select(
        records,
        func.count().over(partition_by=records.c.reason).label("records"),
        func.row_number().over(partition_by=records.c.reason, order_by=records.c.operation_id).label("place"),
    ).subquery()
    return (
        select(numbered.c.reason, numbered.c.stream, numbered.c.key, numbered.c.records)
        .where(numbered.c.place <= examples)
        .order_by(numbered.c.reason, numbered.c.place)
    )
