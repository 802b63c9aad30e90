"""Pruning: what is known of a customer's cuts, and which of them have no files any more."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select, update

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import change_sets, ledger, ledger_changes, positions, runs
from sync_pipeline.domain.cut_history import CutHistory, KnownCut
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.operation import LEFT_OVER, NEEDS_A_PERSON
from sync_pipeline.domain.positions import CutState, Position
from sync_pipeline.domain.retention import FINAL
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.ports import Clock

OPEN_OPERATIONS = sorted(state.value for state in LEFT_OVER | NEEDS_A_PERSON)
LATELY = timedelta(days=30)
OPEN_RUNS = (RunStatus.RUNNING.value, RunStatus.PARKED.value)


class SqlPruning:
    """Implements `ports.Pruning`. No row is ever deleted: what a cut counted stays in the history."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def history(self, customer_id: str) -> CutHistory:
        of_customer = change_sets.c.customer_id == customer_id
        cuts = select(
            change_sets.c.cut,
            change_sets.c.stream,
            change_sets.c.state,
            change_sets.c.run_id,
            change_sets.c.snapshot_cut,
            func.coalesce(change_sets.c.read_completed_at, change_sets.c.read_started_at).label("read_at"),
            change_sets.c.pruned_at,
        ).where(
            of_customer,
            or_(change_sets.c.pruned_at.is_(None), change_sets.c.pruned_at > self._clock.now() - LATELY),
        )
        current = select(
            positions.c.source, positions.c.stream, positions.c.snapshot_cut, positions.c.acknowledged_cut
        ).where(positions.c.customer_id == customer_id)
        open_cuts = (
            select(ledger_changes.c.cut)
            .distinct()
            .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
            .where(ledger_changes.c.customer_id == customer_id, ledger.c.customer_id == customer_id)
            .where(ledger.c.state.in_(OPEN_OPERATIONS))
        )
        open_runs = select(runs.c.run_id).where(runs.c.customer_id == customer_id, runs.c.status.in_(OPEN_RUNS))
        with self._database.read() as connection:
            return CutHistory(
                cuts=[
                    KnownCut(
                        cut=row.cut,
                        stream=row.stream,
                        state=CutState(row.state),
                        run_id=row.run_id,
                        snapshot_cut=row.snapshot_cut,
                        read_at=row.read_at,
                        is_pruned=row.pruned_at is not None,
                    )
                    for row in connection.execute(cuts)
                ],
                positions=[Position(**row) for row in connection.execute(current).mappings()],
                newest_cut=connection.execute(select(func.max(change_sets.c.cut)).where(of_customer)).scalar() or 0,
                open_cuts=frozenset(connection.execute(open_cuts).scalars()),
                open_runs=frozenset(connection.execute(open_runs).scalars()),
            )

    def mark_pruned(self, lease: Lease, cuts: Sequence[int]) -> None:
        """One transaction for all; a cut that is not over after all stays as it is."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            for some in parts(cuts):
                connection.execute(
                    update(change_sets)
                    .where(change_sets.c.customer_id == lease.customer_id, change_sets.c.cut.in_(some))
                    .where(change_sets.c.state.in_([state.value for state in FINAL]), change_sets.c.pruned_at.is_(None))
                    .values(pruned_at=self._clock.now())
                )
