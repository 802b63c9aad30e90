"""Running a customer through Dagster in this process, so that it shows in the UI like any other run."""

import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import dagster as dg

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import BusyError, SyncError
from sync_pipeline.domain.run import MANUAL, Layer, ParkedRun, Run
from sync_pipeline.orchestration.going_on import assets_left, job_of
from sync_pipeline.orchestration.home import alone_in, prepare_dagster_home
from sync_pipeline.orchestration.partitions import register
from sync_pipeline.orchestration.runs import tags_of
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.workplace import Workplace

SHORTEST_SLICE = timedelta(minutes=2)  # what is shorter hardly gets beyond its start and its margin
REMEDY = "The Dagster UI shows the whole run; run it again."


def new_run(workplace: Workplace, customer: Customer, layer: Layer | None, slot: str = MANUAL) -> Run:
    """A run of this customer that starts now; its id tells the layer and the start in UTC."""
    layer = layer or next_layer(customer, workplace.state.positions)
    started = workplace.clock.now()
    return Run(customer.id, f"{layer.value}-{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}", layer, slot)


def following_run(workplace: Workplace, parked: ParkedRun) -> Run:
    """The run that goes on with what a parked one left: itself, or a new one when its time is used up.

    Raises:
        ConfigurationError: the customer has no file any more, or its files have problems.
    """
    customer = workplace.customer(parked.run.customer_id)
    ends_at = parked.started_at + timedelta(seconds=customer.limits.run_seconds)
    if workplace.clock.now() + SHORTEST_SLICE < ends_at:
        return parked.run
    layer = parked.run.layer if parked.run.layer == Layer.RECONCILE else None
    return new_run(workplace, customer, layer, parked.run.slot)


def execute_slice(workplace: Workplace, run: Run, definitions: dg.Definitions) -> SyncError | None:
    """Work on `run` for one slice; answers why the Dagster run failed, None when it succeeded.

    One that is parked goes on with the stage it was parked in.
    """
    parked = workplace.state.parks.of_run(run.customer_id, run.run_id)
    with opened_instance(workplace.settings.dagster_home, run.customer_id) as instance:
        result = definitions.resolve_job_def(job_of(run)).execute_in_process(
            partition_key=run.customer_id,
            instance=instance,
            tags=tags_of(run),
            asset_selection=None if parked is None else assets_left(parked),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        if result.success:
            return None
        failures = [why_failed(event) for event in result.all_events if event.is_step_failure]
        return failures[0] if failures else SyncError("The run failed.", REMEDY)


@contextmanager
def opened_instance(home: Path, customer_id: str | None = None) -> Generator[dg.DagsterInstance]:
    """Dagster's instance in this home, with the customer, if any, as a partition."""
    prepare_dagster_home(home)
    with ExitStack() as stack:
        with alone_in(home):
            instance = stack.enter_context(dg.DagsterInstance.get())
            register(instance, [] if customer_id is None else [customer_id])
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
