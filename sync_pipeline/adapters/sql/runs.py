"""Runs and their slices, and the report each run leaves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import (
    Column,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    true,
    update,
)

from sync_pipeline.adapters.sql.advancing import has_advanced, whats_done
from sync_pipeline.adapters.sql.breakers import count_run
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.tables import change_sets, ledger, ledger_changes, positions, runs, slices
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.operation import NEEDS_A_PERSON, State
from sync_pipeline.domain.pause import RunVerdict
from sync_pipeline.domain.run import MANUAL, Layer, Run, RunStatus, Stage, StageFailure
from sync_pipeline.ports import Clock

log = structlog.get_logger()

NEVER_LEFT = and_(ledger.c.state == State.REVIEW.value, ledger.c.accepted_at.is_(None))
"""In review without having been sent: what it waited for will not come by itself."""

GOES_ON = and_(runs.c.status == RunStatus.RUNNING.value, runs.c.layer != Layer.POLL.value, runs.c.slot != MANUAL)
"""At work, or interrupted, and then it goes on by itself. The next poll is minutes away; by hand is for people."""

LEAST_FAR_LAST = (
    *(State.SUPERSEDED, State.CONFIRMED, State.ACCEPTED, State.REVIEW, State.DISCARDED, State.DEAD),
    *(State.DEFERRED, State.WAITING, State.PLANNED, State.SENDING),
)

INTERRUPTED = StageFailure("interrupted", "The process ended in the middle of the run.", "The next run goes on.")

# Built once, as in cuts.py.
OURS = runs.c.customer_id == bindparam("customer")
IT = and_(OURS, runs.c.run_id == bindparam("run"))
THIS_RUN = update(runs).where(IT)
STATUS = select(runs.c.status).where(IT)
STARTED_AT = select(runs.c.started_at).where(IT)
INTERRUPTED_RUN = select(runs.c.run_id).where(OURS, GOES_ON)
FAIL_OTHERS = (
    update(runs)
    .where(OURS, runs.c.status == RunStatus.RUNNING.value, runs.c.run_id != bindparam("run"))
    .values(status=RunStatus.FAILED.value, completed_at=bindparam("now"))
)
ITS_SLICES = and_(slices.c.customer_id == bindparam("customer"), slices.c.run_id == bindparam("run"))
THIS_SLICE = select(slices.c.slice).where(ITS_SLICES, slices.c.dagster_run_id == bindparam("dagster_run"))
NEWEST_SLICE = select(func.max(slices.c.slice)).where(ITS_SLICES)
OTHER_OPEN_SLICES = select(slices).where(
    slices.c.customer_id == bindparam("customer"),
    slices.c.ended_at.is_(None),
    slices.c.dagster_run_id != bindparam("dagster_run"),
)
NOTE_POLL = (
    update(positions)
    .where(positions.c.customer_id == bindparam("customer"))
    .where(positions.c.stream.in_(bindparam("streams", expanding=True)))
    .values(polled_at=bindparam("now"))
)
FORGET = [
    delete(table).where(table.c.customer_id == bindparam("customer"), table.c.run_id == bindparam("run"))
    for table in (change_sets, slices, runs)
]


class SqlRuns:
    """The history of a customer's runs. A run spans slices: the Dagster runs that worked on it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin_slice(self, lease: Lease, run: Run, dagster_run_id: str) -> None:
        """Record that a Dagster run works on `run`.

        A run that was left running by a dead process is closed, and one that was parked: this one does its work. A
        poll only collects: it leaves what is parked to itself, and does not begin before an interrupted run goes on.

        Raises:
            BusyError: this is a poll, and a run of a slot was interrupted.
        """
        now, began = self._clock.now(), None
        with self._database.write() as connection:
            require_lease(connection, lease)
            which = {"customer": lease.customer_id, "run": run.run_id}
            if run.layer == Layer.POLL and connection.execute(INTERRUPTED_RUN, which).first():
                raise BusyError(
                    f"A run of {lease.customer_id} was interrupted, and goes on first.",
                    "The sensor `resume_parked` requests it; a run started by hand takes over as well.",
                )
            connection.execute(FAIL_OTHERS, {**which, "now": now})
            if run.layer != Layer.POLL or _is_parked(connection, lease.customer_id, run.run_id):
                # A poll that goes on only sends: a read that is not over is nobody else's.
                taken_over = true() if run.layer != Layer.POLL else runs.c.parked_in == Stage.APPLIED_LEDGER.value
                connection.execute(
                    update(runs)
                    .where(runs.c.customer_id == lease.customer_id, runs.c.run_id != run.run_id)
                    .where(runs.c.status == RunStatus.PARKED.value, taken_over)
                    .values(status=RunStatus.CONTINUED.value, resume_at=None)
                )
            interrupted = self._close_interrupted(connection, lease.customer_id, dagster_run_id, now)
            known, is_running = connection.execute(STATUS, which).scalar(), {"status": RunStatus.RUNNING.value}
            if known is None:
                row = {"customer_id": lease.customer_id, "run_id": run.run_id, "layer": run.layer.value}
                connection.execute(insert(runs), {**row, **is_running, "slot": run.slot, "started_at": now})
            elif known != RunStatus.RUNNING:
                connection.execute(THIS_RUN, {**which, **is_running, "completed_at": None, "resume_at": None})
            if connection.execute(THIS_SLICE, {**which, "dagster_run": dagster_run_id}).scalar() is None:
                newest = connection.execute(NEWEST_SLICE, which).scalar()
                began = (newest or 0) + 1
                # Whether its first slice got anywhere is asked of no poll, and counting a ledger takes its time.
                is_fresh_poll = run.layer == Layer.POLL and newest is None
                connection.execute(
                    insert(slices),
                    {
                        "customer_id": lease.customer_id,
                        "run_id": run.run_id,
                        "slice": began,
                        "dagster_run_id": dagster_run_id,
                        "started_at": now,
                        "failures": [],
                        "before": None if is_fresh_poll else whats_done(connection, lease.customer_id),
                    },
                )
        # Only now: whoever reads standard error may be slow, and everybody would wait for the write lock.
        for run_id in interrupted:
            log.warning("slice_interrupted", interrupted_run=run_id)
        if began is not None:
            log.info("slice_began", slice=began)

    def _close_interrupted(
        self, connection: Connection, customer_id: str, dagster_run_id: str, now: datetime
    ) -> list[str]:
        """Answers the runs that they were slices of."""
        open_slices = connection.execute(
            OTHER_OPEN_SLICES, {"customer": customer_id, "dagster_run": dagster_run_id}
        ).all()
        for row in open_slices:
            connection.execute(
                update(slices)
                .where(slices.c.customer_id == customer_id, slices.c.run_id == row.run_id, slices.c.slice == row.slice)
                .values(
                    status=RunStatus.FAILED.value, ended_at=now, failures=[*(row.failures or ()), INTERRUPTED.as_dict()]
                )
            )
        return [row.run_id for row in open_slices]

    def open_slices(self, customer_id: str) -> list[str]:
        """Dagster run ids of slices without an end: at work, or left by a process that died."""
        with self._database.read() as connection:
            return list(
                connection.execute(
                    select(slices.c.dagster_run_id).where(
                        slices.c.customer_id == customer_id, slices.c.ended_at.is_(None)
                    )
                ).scalars()
            )

    def has_slice(self, dagster_run_id: str) -> bool:
        """Whether a Dagster run came to work on a run of ours."""
        with self._database.read() as connection:
            found = select(slices.c.slice).where(slices.c.dagster_run_id == dagster_run_id).limit(1)
            return connection.execute(found).first() is not None

    def open_slice(self, dagster_run_id: str) -> Run | None:
        """The run of ours that a Dagster run works on, as long as its slice has no end."""
        with self._database.read() as connection:
            row = connection.execute(
                select(runs)
                .join(slices, (slices.c.customer_id == runs.c.customer_id) & (slices.c.run_id == runs.c.run_id))
                .where(slices.c.dagster_run_id == dagster_run_id, slices.c.ended_at.is_(None))
            ).one_or_none()
        return None if row is None else Run(row.customer_id, row.run_id, Layer(row.layer), row.slot)

    def note_failures(self, lease: Lease, run_id: str, dagster_run_id: str, failures: list[StageFailure]) -> None:
        """Add what went wrong in a stage of this slice, for the report at its end."""
        if not failures:
            return
        with self._database.write() as connection:
            require_lease(connection, lease)
            this = (
                slices.c.customer_id == lease.customer_id,
                slices.c.run_id == run_id,
                slices.c.dagster_run_id == dagster_run_id,
            )
            known = connection.execute(select(slices.c.failures).where(*this)).scalar_one()
            connection.execute(
                update(slices).where(*this).values(failures=[*known, *(failure.as_dict() for failure in failures)])
            )

    def failures(self, customer_id: str, run_id: str, dagster_run_id: str) -> list[StageFailure]:
        with self._database.read() as connection:
            known = connection.execute(
                select(slices.c.failures).where(
                    slices.c.customer_id == customer_id,
                    slices.c.run_id == run_id,
                    slices.c.dagster_run_id == dagster_run_id,
                )
            ).scalar()
        return [StageFailure(**failure) for failure in known or []]

    def finish_slice(
        self,
        lease: Lease,
        run_id: str,
        dagster_run_id: str,
        status: RunStatus,
        resume_at: datetime | None,
        report: dict[str, Any],
        parked_in: Stage | None = None,
        verdict: RunVerdict | None = None,
    ) -> None:
        """Close the slice and the run with the report so far; a later slice of the run opens it again.

        `verdict`: what the end of the run means for the customer's breaker.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            require_lease(connection, lease)
            connection.execute(
                update(slices)
                .where(slices.c.customer_id == lease.customer_id, slices.c.dagster_run_id == dagster_run_id)
                .values(
                    status=status.value,
                    ended_at=now,
                    advanced=has_advanced(connection, lease.customer_id, run_id, dagster_run_id),
                )
            )
            which = {"customer": lease.customer_id, "run": run_id}
            end = {"status": status.value, "completed_at": now, "resume_at": resume_at}
            connection.execute(THIS_RUN, {**which, **end, "report": report, "parked_in": parked_in})
            if verdict is not None:
                count_run(connection, lease.customer_id, verdict, now)

    def note_poll(self, lease: Lease, streams: Sequence[str]) -> None:
        """These streams are polled now; also a poll that fails waits for its next moment."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            which = {"customer": lease.customer_id, "streams": list(streams)}
            connection.execute(NOTE_POLL, {**which, "now": self._clock.now()})

    def forget_poll(self, lease: Lease, run_id: str) -> None:
        """A poll that found nothing leaves no rows, only positions: a day has thousands of them."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            for forget in FORGET:
                connection.execute(forget, {"customer": lease.customer_id, "run": run_id})

    def foretell(self, lease: Lease, run_id: str, requests: Mapping[str, int]) -> None:
        """Keep what this run will take, by endpoint, to be compared with what it took."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            which = {"customer": lease.customer_id, "run": run_id}
            connection.execute(THIS_RUN, {**which, "foretold": dict(requests)})

    def foretold(self, customer_id: str, run_id: str) -> dict[str, int] | None:
        with self._database.read() as connection:
            return connection.execute(
                select(runs.c.foretold).where(IT), {"customer": customer_id, "run": run_id}
            ).scalar()

    def is_stuck(self, customer_id: str, run_id: str, dagster_run_id: str) -> bool:
        """Whether this slice, still open, and the one before it got nothing done."""
        with self._database.read() as connection:
            last = connection.execute(
                select(slices.c.advanced)
                .where(slices.c.customer_id == customer_id, slices.c.run_id == run_id, slices.c.ended_at.is_not(None))
                .where(slices.c.dagster_run_id != dagster_run_id)
                .order_by(slices.c.slice.desc())
                .limit(1)
            ).scalar()
            return last is False and not has_advanced(connection, customer_id, run_id, dagster_run_id)

    def note_organization(self, lease: Lease, dagster_run_id: str, organization_id: int) -> None:
        """This slice has seen whose token it writes with."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            connection.execute(
                update(slices)
                .where(slices.c.customer_id == lease.customer_id, slices.c.dagster_run_id == dagster_run_id)
                .values(organization_id=organization_id)
            )

    def organization_seen(self, customer_id: str, dagster_run_id: str) -> int | None:
        """The organization that this slice has seen its token belong to; None when it has not asked yet."""
        return self._of_slice(slices.c.organization_id, customer_id, dagster_run_id)

    def slice_started_at(self, customer_id: str, dagster_run_id: str) -> datetime | None:
        return self._of_slice(slices.c.started_at, customer_id, dagster_run_id)

    def slice_ended_at(self, customer_id: str, dagster_run_id: str) -> datetime | None:
        """None as well when there is no such slice."""
        return self._of_slice(slices.c.ended_at, customer_id, dagster_run_id)

    def _of_slice(self, column: Column[Any], customer_id: str, dagster_run_id: str) -> Any:
        this = (slices.c.customer_id == customer_id, slices.c.dagster_run_id == dagster_run_id)
        with self._database.read() as connection:
            return connection.execute(select(column).where(*this)).scalar()

    def started_at(self, customer_id: str, run_id: str) -> datetime | None:
        with self._database.read() as connection:
            return connection.execute(STARTED_AT, {"customer": customer_id, "run": run_id}).scalar()

    def run(self, customer_id: str, run_id: str | None = None) -> RowMapping | None:
        """One run, by default the newest."""
        statement = select(runs).where(runs.c.customer_id == customer_id)
        if run_id is not None:
            statement = statement.where(runs.c.run_id == run_id)
        with self._database.read() as connection:
            return (
                connection.execute(statement.order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(1))
                .mappings()
                .one_or_none()
            )

    def outcomes(self, customer_id: str, run_id: str) -> dict[str, int]:
        """Changes of a run by the state of their operations.

        A change with several operations is as far as the one that is least far. What a person has to look at unsent
        counts as dead.
        """
        per_change = least_far(customer_id, run_id).subquery()
        with self._database.read() as connection:
            rows = connection.execute(select(per_change.c.left, func.count()).group_by(per_change.c.left))
            return {LEAST_FAR_LAST[row[0]].value: row[1] for row in rows}

    def carried(self, customer_id: str, run_id: str) -> int:
        """Changes of earlier runs whose operation ended in this one."""
        finished = (
            select(ledger_changes.c.stream, ledger_changes.c.key, ledger_changes.c.cut)
            .distinct()
            .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
            .where(ledger.c.customer_id == customer_id, ledger.c.finished_in == run_id)
            .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.run_id != run_id)
            .subquery()
        )
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(finished)).scalar_one()

    def failure_details(self, customer_id: str, run_id: str, limit: int) -> list[dict[str, Any]]:
        """The first operations that died in this run: ids and reasons, never values."""
        died = (ledger.c.state == State.DEAD.value) | NEVER_LEFT
        statement = _with_reasons(customer_id, limit).where(ledger.c.finished_in == run_id, died)
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]


def least_far(customer_id: str, run_id: str) -> Select[Any, Any]:
    """Per change of a run its stream, and `left`: the place in `LEAST_FAR_LAST` of its least far operation."""
    left = case(
        (NEVER_LEFT, LEAST_FAR_LAST.index(State.DEAD)),
        *((ledger.c.state == state.value, place) for place, state in enumerate(LEAST_FAR_LAST)),
    )
    return (
        select(ledger_changes.c.stream, func.max(left).label("left"))
        .join(ledger_changes, ledger_changes.c.operation_id == ledger.c.operation_id)
        .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.run_id == run_id)
        .where(ledger.c.customer_id == customer_id)
        .group_by(ledger_changes.c.stream, ledger_changes.c.key, ledger_changes.c.cut)
    )


def _is_parked(connection: Connection, customer_id: str, run_id: str) -> bool:
    return connection.execute(STATUS, {"customer": customer_id, "run": run_id}).scalar() == RunStatus.PARKED.value


def standing_failures(database: Database, customer_id: str, limit: int) -> list[dict[str, Any]]:
    """Dead letters and reviews of the customer, whichever run they come from: ids and reasons, never values."""
    states = [state.value for state in NEEDS_A_PERSON]
    with database.read() as connection:
        rows = connection.execute(_with_reasons(customer_id, limit).where(ledger.c.state.in_(states)))
        return [dict(row) for row in rows.mappings()]


def _with_reasons(customer_id: str, limit: int) -> Select[Any, Any, Any, Any, Any, Any, Any]:
    """Operations with the record they are about. A sign-up stands for none: what it is for tells more than nothing."""
    of_ours = and_(ledger_changes.c.operation_id == ledger.c.operation_id, ledger_changes.c.customer_id == customer_id)
    return (
        select(
            ledger.c.operation_id,
            func.coalesce(ledger_changes.c.stream, ledger.c.kind).label("stream"),
            func.coalesce(ledger_changes.c.key, ledger.c.reference_id).label("key"),
            func.coalesce(ledger_changes.c.kind, "create").label("kind"),
            ledger.c.state,
            ledger.c.attempts,
            ledger.c.reason,
        )
        .distinct()
        .outerjoin(ledger_changes, of_ours)
        .where(ledger.c.customer_id == customer_id)
        .order_by(ledger.c.operation_id)
        .limit(limit)
    )
