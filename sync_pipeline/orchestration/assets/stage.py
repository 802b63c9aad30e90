"""What the three assets share: the customer's context for a stage, and how a stage that may not go on ends."""

from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg

from sync_pipeline import telemetry
from sync_pipeline.domain.defect import describe
from sync_pipeline.domain.errors import BusyError, SyncError
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.ending import close_terminated, end_if_terminated
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.runs import run_of
from sync_pipeline.orchestration.signals import stopping_on_signals
from sync_pipeline.orchestration.stale_runs import end_stale_runs
from sync_pipeline.stages.applied_ledger import finish_without_applying
from sync_pipeline.stages.context import StageContext


@contextmanager
def stage(context: dg.AssetExecutionContext, workplace: WorkplaceResource) -> Generator[StageContext]:
    """The stage's context under the customer's lease; an error closes the slice and becomes a Dagster failure."""
    opened = workplace.get()
    try:
        customer = opened.customer(context.partition_key)
        run = run_of(context, opened, customer)
        open_slices = set(opened.state.runs.open_slices(customer.id))
        with (
            stopping_on_signals(opened.stop),
            opened.stage(customer, run, context.run.run_id) as stage_context,
            telemetry.span("stage", stage=context.op_execution_context.op.name),
            closing_on_error(stage_context, context.op_execution_context.op.name),
        ):
            end_stale_runs(context.instance, open_slices - {context.run.run_id})
            yield stage_context
            if opened.stop.is_requested:
                end_if_terminated(context.instance, context.run.run_id)
    except SyncError as error:
        raise failure(error) from None
    except dg.Failure:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort before Dagster stores it
        raise failure(defect(error)) from None


@contextmanager
def closing_on_error(context: StageContext, subject: str) -> Generator[None]:
    """A slice that an error ends leaves a report too: its run is over, and does not look busy for ever."""
    try:
        yield
    except (BusyError, dg.Failure):
        raise  # somebody else has the lease, or the slice is closed already
    except dg.DagsterExecutionInterruptedError:
        close_terminated(context)
        raise
    except Exception as error:
        told = error if isinstance(error, SyncError) else defect(error)
        finish_without_applying(context, RunStatus.FAILED, told, subject)
        raise told from error


def defect(error: Exception) -> SyncError:
    """Dagster would store the error's text and its causes', which may quote a record: only kind and place are told."""
    return SyncError(describe(error), "This is a defect of sync-pipeline; report it with this line, and run again.")


def failure(error: SyncError) -> dg.Failure:
    """An error for a person as Dagster shows it; `orchestration.launch` reads the code back."""
    return dg.Failure(str(error), metadata={"remedy": error.remedy, "code": error.code}, allow_retries=False)


def run_failure(report: RunReport) -> dg.Failure:
    """A run in which a stream failed, after everything else of it was done."""
    reasons = "; ".join(f"{failure['subject']}: {failure['message']}" for failure in report.stage_failures)
    remedies = " ".join(failure["remedy"] for failure in report.stage_failures)
    return dg.Failure(reasons, metadata={"remedy": remedies}, allow_retries=False)
