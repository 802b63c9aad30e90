"""Sensor: a parked run goes on once its time has come. Nothing of ours is alive until then."""

from collections.abc import Callable

import dagster as dg
import structlog

from sync_pipeline.domain.errors import SyncError
from sync_pipeline.domain.platforms import Admission
from sync_pipeline.domain.run import ParkedRun
from sync_pipeline.orchestration.going_on import assets_left, job_of
from sync_pipeline.orchestration.interrupted import park_interrupted
from sync_pipeline.orchestration.jobs import nightly_sync, reconcile
from sync_pipeline.orchestration.launch import following_run
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.run_queue import look_at_queue, next_attempt
from sync_pipeline.orchestration.runs import SLICE_TAG, tags_of
from sync_pipeline.orchestration.stale_runs import end_silent_runs
from sync_pipeline.workplace import Workplace

log = structlog.get_logger()


@dg.sensor(jobs=[nightly_sync, reconcile], minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def resume_parked(context: dg.SensorEvaluationContext, workplace: WorkplaceResource) -> dg.SensorResult:
    """Request the next slice of each parked run whose time has come, those that waited longest first.

    The key of a request names the slice: however often this is asked, before or after a restart, it starts once. When
    the Dagster run ended before the slice began, another attempt is made.
    """
    opened = workplace.get()
    park_interrupted(context.instance, opened)
    end_silent_runs(context.instance, opened)
    queue = look_at_queue(context.instance)
    customers = set(context.instance.get_dynamic_partitions("customers"))
    # A customer may have a night and a poll that are parked: whichever goes on first sends what is left of both.
    first = {parked.run.customer_id: parked for parked in reversed(opened.state.parks.due(opened.clock.now()))}
    due = [
        parked
        for parked in sorted(first.values(), key=lambda parked: parked.resume_at)
        if parked.run.customer_id in customers - queue.customers and not _may_not_run(opened, parked)
    ]
    may_begin = _admission(opened)
    requests = [
        request
        for parked in [parked for parked in due if may_begin(parked.run.customer_id)][: queue.room]
        if (request := _request(context.instance, opened, parked)) is not None
    ]
    if not requests:
        return dg.SensorResult(skip_reason=dg.SkipReason(f"{len(due)} parked runs are due, none can start now"))
    return dg.SensorResult(run_requests=requests)


def _may_not_run(workplace: Workplace, parked: ParkedRun) -> bool:
    """Paused, or somebody is at work on this customer: `run --wait` holds on to it while it waits."""
    customer_id = parked.run.customer_id
    breaker = workplace.state.breakers.breaker(customer_id)
    return breaker.is_paused(workplace.clock.now()) or workplace.state.leases.is_held(customer_id)


def _admission(workplace: Workplace) -> Callable[[str], bool]:
    """Who may begin: everybody, unless a platform is down. Then the customers' files have to be looked at."""
    down = workplace.state.platforms.down()
    if not down:
        return lambda _: True
    admission, customers = Admission(down, workplace.clock.now()), workplace.fleet().customers
    return lambda customer_id: customer_id not in customers or admission.admits(customers[customer_id])


def _request(instance: dg.DagsterInstance, workplace: Workplace, parked: ParkedRun) -> dg.RunRequest | None:
    wanted = f"{parked.run.run_id}:{parked.slices + 1}"
    attempt = next_attempt(instance, {SLICE_TAG: wanted})
    if attempt is None:
        return None
    try:
        run = following_run(workplace, parked)
    except SyncError as error:
        log.warning("resume_refused", customer=parked.run.customer_id, run=parked.run.run_id, code=error.code)
        return None
    return dg.RunRequest(
        run_key=f"{parked.run.customer_id}:{wanted}:{attempt}",
        job_name=job_of(run),
        partition_key=run.customer_id,
        asset_selection=assets_left(parked) if run == parked.run else None,
        tags={**tags_of(run), SLICE_TAG: wanted},
    )
