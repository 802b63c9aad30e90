"""Dagster's own history: finished runs and their events, once nobody looks at them any more.

Nothing of ours hangs on it: which slots and slices were begun, the state store says. Only while one has not begun do
sensors count its Dagster runs, so these stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from sync_pipeline.domain.slots import latest_slot
from sync_pipeline.orchestration.dagster_files import (
    delete_check_results,
    delete_events_file,
    delete_run,
    runs_with_events_file,
)
from sync_pipeline.orchestration.runs import RUN_ID_TAG, SLICE_TAG, SLOT_TAG
from sync_pipeline.workplace import Workplace

RUNS_PER_PAGE = 100
SUCCEEDED = (dg.DagsterRunStatus.SUCCESS,)
FAILED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dataclass(slots=True)
class PrunedRuns:
    """`finished`: the time was enough for all of them."""

    runs: int = 0
    bytes: int = 0
    finished: bool = True


class NeededRuns:
    """Which finished runs of Dagster must stay whatever their age."""

    def __init__(self, instance: dg.DagsterInstance, slots: Mapping[str, str], open_runs: AbstractSet[str]) -> None:
        self._instance = instance
        self._slots = slots
        self._open_runs = open_runs
        self._newest: dict[tuple[str, str | None], set[str]] = {}

    def __contains__(self, run: dg.DagsterRun) -> bool:
        customer_id = run.tags.get(PARTITION_NAME_TAG)
        ours = {run.tags.get(RUN_ID_TAG), run.tags.get(SLICE_TAG, "").rpartition(":")[0]}
        if not ours.isdisjoint(self._open_runs):
            return True
        if customer_id is not None and self._slots.get(customer_id, "") == run.tags.get(SLOT_TAG):
            return True
        return run.run_id in self._newest_of(run.job_name, customer_id)

    def _newest_of(self, job_name: str, customer_id: str | None) -> set[str]:
        """The newest run and the newest success: the asset's page shows when it was last materialized."""
        if (job_name, customer_id) not in self._newest:
            tags = {} if customer_id is None else {PARTITION_NAME_TAG: customer_id}
            self._newest[job_name, customer_id] = {
                run.run_id
                for statuses in ((), SUCCEEDED)
                for run in self._instance.get_runs(
                    dg.RunsFilter(job_name=job_name, tags=tags, statuses=list(statuses)), limit=1
                )
            }
        return self._newest[job_name, customer_id]


def prune_runs(
    instance: dg.DagsterInstance, workplace: Workplace, seconds: float, *, dry_run: bool = False
) -> PrunedRuns:
    """Delete the old runs, oldest first, for at most `seconds`; the next time goes on with the rest."""
    done, clock = PrunedRuns(), workplace.clock
    ends_at = clock.monotonic() + seconds
    needed = NeededRuns(instance, _latest_slots(workplace), workplace.state.fleet.open_runs())
    for page in _old_runs(instance, workplace):
        old = [run.run_id for run in page if run not in needed]
        if dry_run:
            done.runs += len(old)
            continue
        delete_check_results(instance, old)
        for dagster_run_id in old:
            if clock.monotonic() >= ends_at or workplace.stop.is_requested:
                done.finished = False
                return done
            done.bytes += delete_run(instance, dagster_run_id)
            done.runs += 1
    if not dry_run:
        done.bytes += _delete_left_files(instance, clock.now() - timedelta(days=1))
    return done


def _latest_slots(workplace: Workplace) -> dict[str, str]:
    now = workplace.clock.now()
    return {customer.id: latest_slot(customer, now).name for customer in workplace.fleet().customers.values()}


def _old_runs(instance: dg.DagsterInstance, workplace: Workplace) -> Iterator[Sequence[dg.DagsterRun]]:
    now, settings = workplace.clock.now(), workplace.settings
    for statuses, days in ((SUCCEEDED, settings.dagster_success_days), (FAILED, settings.dagster_failure_days)):
        yield from _pages(instance, list(statuses), now - timedelta(days=days))


def _pages(
    instance: dg.DagsterInstance, statuses: list[dg.DagsterRunStatus], before: datetime
) -> Iterator[Sequence[dg.DagsterRun]]:
    """Each page is fetched before the one ahead of it is handed out: a deleted run is no cursor any more."""
    wanted = dg.RunsFilter(statuses=statuses, created_before=before)

    def page(cursor: str | None) -> Sequence[dg.DagsterRun]:
        return instance.get_runs(wanted, cursor=cursor, limit=RUNS_PER_PAGE, ascending=True)

    current = page(None)
    while current:
        following = page(current[-1].run_id)
        yield current
        current = following


def _delete_left_files(instance: dg.DagsterInstance, before: datetime) -> int:
    left = [run_id for run_id in runs_with_events_file(instance, before) if not instance.has_run(run_id)]
    return sum(delete_events_file(instance, run_id) for run_id in left)
