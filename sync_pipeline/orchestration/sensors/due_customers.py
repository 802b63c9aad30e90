"""Sensor: every customer has its night, in its own slot, once, and is reconciled after it."""

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from sync_pipeline.domain.due import DueNight, due_nights, slot_names
from sync_pipeline.domain.platforms import Admission
from sync_pipeline.orchestration.going_on import job_of
from sync_pipeline.orchestration.jobs import nightly_sync, reconcile
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.run_queue import MOST_ATTEMPTS, look_at_queue, next_attempt
from sync_pipeline.orchestration.runs import SLOT_TAG, tags_of
from sync_pipeline.workplace import Workplace


@dg.sensor(jobs=[nightly_sync, reconcile], minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def due_customers(context: dg.SensorEvaluationContext, workplace: WorkplaceResource) -> dg.SensorResult:
    """Request the night or reconciliation of each customer whose slot has come, as far as the queue has room.

    Who waits longest comes first, premium customers with a head start. The key of a request names the slot: however
    often this is asked, before or after a restart, a night begins once.
    """
    queue = look_at_queue(context.instance)
    if queue.room == 0:
        return dg.SensorResult(skip_reason=dg.SkipReason("the queue is full"))
    opened, now = workplace.get(), workplace.get().clock.now()
    registered = set(context.instance.get_dynamic_partitions("customers"))
    fleet = [customer for customer in opened.fleet().customers.values() if customer.id in registered]
    facts = opened.state.fleet.facts(slot_names(now))
    due, left_out = due_nights(fleet, facts, now)
    free = [night for night in due if night.customer.id not in queue.customers]
    left_out["in the queue or at work"] += len(due) - len(free)
    admission = Admission(opened.state.platforms.down(), now)
    requests: list[dg.RunRequest] = []
    for place, night in enumerate(free):
        if len(requests) >= queue.room:
            left_out["until the queue has room"] = len(free) - place
            break
        if not admission.admits(night.customer):
            left_out["until a platform is back"] += 1
        elif (request := _request(context.instance, opened, night)) is not None:
            requests.append(request)
        else:
            left_out[f"after {MOST_ATTEMPTS} runs that ended before they began"] += 1
    said = ", ".join(f"{count} {reason}" for reason, count in sorted((+left_out).items()))
    if requests:
        context.log.info(f"{len(requests)} runs begin; {said or 'nobody is left out'}")
        return dg.SensorResult(run_requests=requests)
    return dg.SensorResult(skip_reason=dg.SkipReason(said or f"{len(fleet)} customers, nobody is due"))


def _request(instance: dg.DagsterInstance, workplace: Workplace, night: DueNight) -> dg.RunRequest | None:
    customer, slot = night.customer, night.slot.name
    attempt = next_attempt(instance, {PARTITION_NAME_TAG: customer.id, SLOT_TAG: slot})
    if attempt is None:
        return None
    run = new_run(workplace, customer, night.layer, slot)
    return dg.RunRequest(
        run_key=f"{customer.id}:{night.layer.value}:{slot}:1:{attempt}",
        job_name=job_of(run),
        partition_key=customer.id,
        tags=tags_of(run),
    )
