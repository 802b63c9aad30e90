"""Dagster's queue: how much may be put into it, and whose runs are in it or at work already."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

QUEUED_FOR_EACH_WORKER = 10
"""Enough for a minute, and few enough that a premium customer who comes later is not far behind."""
USUAL_WORKERS = 4
MOST_ATTEMPTS = 5

WAITING = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED)
UNFINISHED = (
    *WAITING,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@dataclass(frozen=True, slots=True)
class RunQueue:
    """`room`: how many runs may be requested now. `customers`: who has a run that is not over."""

    room: int
    customers: AbstractSet[str]


def look_at_queue(instance: dg.DagsterInstance) -> RunQueue:
    """What waits or is at work in Dagster at this moment."""
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=list(UNFINISHED)))
    waiting = sum(run.status in WAITING for run in runs)
    customers = {run.tags[PARTITION_NAME_TAG] for run in runs if PARTITION_NAME_TAG in run.tags}
    return RunQueue(max(0, QUEUED_FOR_EACH_WORKER * _workers(instance) - waiting), customers)


def next_attempt(instance: dg.DagsterInstance, tags: Mapping[str, str]) -> int | None:
    """The number of the next try of what these tags name; None while one is not over, or when there were too many.

    A try that ended without having begun (its process was killed, its code server was away) has left nothing.
    """
    tried = instance.get_runs(filters=dg.RunsFilter(tags=dict(tags)))
    if any(not run.is_finished for run in tried) or len(tried) >= MOST_ATTEMPTS:
        return None
    return len(tried) + 1


def _workers(instance: dg.DagsterInstance) -> int:
    queue = instance.get_concurrency_config().run_queue_config
    limit = None if queue is None else queue.max_concurrent_runs
    return limit if limit is not None and limit > 0 else USUAL_WORKERS
