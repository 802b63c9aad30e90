"""Running a customer through Dagster in this process, so that it shows in the UI like any other run."""

import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import BusyError, SyncError
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.orchestration.home import alone_in, prepare_dagster_home
from sync_pipeline.orchestration.partitions import register
from sync_pipeline.orchestration.runs import LAYER_TAG, MANUAL_SLOT, RUN_ID_TAG, SLOT_TAG
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.workplace import Workplace

JOB = "nightly_sync"
JOBS = {Layer.RECONCILE: "reconcile"}
REMEDY = "The Dagster UI shows the whole run; run it again."


def new_run(workplace: Workplace, customer: Customer, layer: Layer | None, slot: str = MANUAL_SLOT) -> Run:
    """A run of this customer that starts now; its id tells the layer and the start in UTC."""
    layer = layer or next_layer(customer, workplace.state.positions)
    started = workplace.clock.now()
    return Run(customer.id, f"{layer.value}-{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}", layer, slot)


def execute_slice(workplace: Workplace, run: Run, definitions: dg.Definitions) -> SyncError | None:
    """Work on `run` for one slice; answers why the Dagster run failed, None when it succeeded."""
    with opened_instance(workplace.settings.dagster_home, run.customer_id) as instance:
        job = JOBS.get(run.layer, JOB)
        result = definitions.resolve_job_def(job).execute_in_process(
            partition_key=run.customer_id,
            instance=instance,
            tags={RUN_ID_TAG: run.run_id, LAYER_TAG: run.layer.value, SLOT_TAG: run.slot},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        if result.success:
            return None
        failures = [why_failed(event) for event in result.all_events if event.is_step_failure]
        return failures[0] if failures else SyncError("The run failed.", REMEDY)


@contextmanager
def opened_instance(home: Path, customer_id: str) -> Generator[dg.DagsterInstance]:
    """Dagster's instance in this home, with the customer as a partition."""
    prepare_dagster_home(home)
    with ExitStack() as stack:
        with alone_in(home):
            instance = stack.enter_context(dg.DagsterInstance.get())
            register(instance, [customer_id])
        yield instance


def why_failed(event: dg.DagsterEvent) -> SyncError:
    """Our own words about a failed step; those of an error that Dagster raised itself may hold anything."""
    told = event.step_failure_data.user_failure_data
    if told is not None and told.description:
        metadata = {name: value.value for name, value in told.metadata.items()}
        remedy = str(metadata.get("remedy", ""))
        kind = BusyError if metadata.get("code") == BusyError.code else SyncError
        return kind(told.description.removesuffix(remedy).rstrip(), remedy or REMEDY)
    error = event.step_failure_data.error
    name = error.cause.cls_name if error is not None and error.cause is not None else error and error.cls_name
    return SyncError(f"The step {event.step_key} ended with {name or 'an error'}.", REMEDY)
