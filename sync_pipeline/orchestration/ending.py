"""How a slice ends that was told to stop: parked, unless a person ended it in the UI."""

import dagster as dg

from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.stages.applied_ledger import finish, finish_without_applying
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stopping import TOLD_TO_STOP
from sync_pipeline.workplace import Workplace

INTERRUPTED = "interrupted"


def end_if_terminated(instance: dg.DagsterInstance, dagster_run_id: str) -> None:
    """What a person ended in the UI must not go on by itself.

    Raises:
        DagsterExecutionInterruptedError: a person did.
    """
    if _was_terminated(instance, dagster_run_id):
        raise dg.DagsterExecutionInterruptedError


def close_terminated(context: StageContext) -> None:
    """The run is over; the next one goes on with what it left."""
    context.fail(INTERRUPTED, "The run was terminated.", "Nothing is lost: the next run goes on from there.")
    finish(context, RunStatus.FAILED, None)


def close_open_slice(workplace: Workplace, instance: dg.DagsterInstance | None, dagster_run_id: str) -> None:
    """Close the slice of a Dagster run that was told to stop between two assets, where no asset could."""
    run = workplace.state.runs.open_slice(dagster_run_id)
    if run is None:
        return
    with workplace.stage(workplace.customer(run.customer_id), run, dagster_run_id) as context:
        if instance is not None and _was_terminated(instance, dagster_run_id):
            close_terminated(context)
        else:
            finish_without_applying(context, RunStatus.PARKED, ParkedError(workplace.clock.now(), TOLD_TO_STOP))


def _was_terminated(instance: dg.DagsterInstance, dagster_run_id: str) -> bool:
    run = instance.get_run_by_id(dagster_run_id)
    return run is not None and run.status in (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED)
