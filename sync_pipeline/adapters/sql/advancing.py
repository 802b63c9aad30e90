"""Whether a slice got anything done: the ledger and the cuts, before and after it."""

from sqlalchemy import Connection, func, select

from sync_pipeline.adapters.sql.sending import count_by_state
from sync_pipeline.adapters.sql.tables import change_sets, slices
from sync_pipeline.domain.positions import CutState

NOTHING_GAINED = (CutState.READING.value, CutState.SUPERSEDED.value)
"""Being read, or read once more: a slice that begins a read again is where the one before it was."""


def whats_done(connection: Connection, customer_id: str) -> dict[str, int]:
    """How far everything is: operations and cuts by state, and the pages of the reads that are not over.

    JSON; two of them differ when anything was done between.
    """
    operations = count_by_state(connection, customer_id)
    cuts = connection.execute(
        select(change_sets.c.state, func.count())
        .where(change_sets.c.customer_id == customer_id, change_sets.c.state.not_in(NOTHING_GAINED))
        .group_by(change_sets.c.state)
    ).all()
    reading = connection.execute(
        select(func.sum(change_sets.c.pages)).where(
            change_sets.c.customer_id == customer_id, change_sets.c.state == CutState.READING.value
        )
    ).scalar()
    return {
        "pages": int(reading or 0),
        **{f"operations {state}": count for state, count in operations.items()},
        **{f"cuts {state}": count for state, count in cuts},
    }


def has_advanced(connection: Connection, customer_id: str, run_id: str, dagster_run_id: str) -> bool:
    """Whether this slice has done anything so far."""
    before = connection.execute(
        select(slices.c.before).where(
            slices.c.customer_id == customer_id,
            slices.c.run_id == run_id,
            slices.c.dagster_run_id == dagster_run_id,
        )
    ).scalar()
    return before is None or before != whats_done(connection, customer_id)
