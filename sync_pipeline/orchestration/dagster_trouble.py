"""What only Dagster knows: ticks that fail, jobs of nobody's that fail, runs that ended before they began."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorState, TickStatus
from dagster._core.storage.tags import PARTITION_NAME_TAG

from sync_pipeline.domain.alerts import FLEET, Problem, Subject
from sync_pipeline.domain.alerts.of_runs import RUN_DIED, Judgement
from sync_pipeline.domain.verdict import Severity

DAGSTER_TROUBLE = "dagster_trouble"
TICKS_IN_A_ROW = 3
"""One tick may meet a restart or a lock."""
OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


def look_at_dagster(instance: dg.DagsterInstance, jobs: Sequence[str]) -> Judgement:
    """Sensors and schedules by their last ticks, and these jobs, which are nobody's alone, by their last run."""
    states = instance.all_instigator_state()
    looked_at = [*(state.instigator_name for state in states), *jobs]
    found = [*(_ticks(instance, state) for state in states), *(_last_run(instance, job) for job in jobs)]
    return Judgement(
        [problem for problem in found if problem is not None],
        frozenset(Subject(FLEET, DAGSTER_TROUBLE, part) for part in looked_at),
    )


def run_trouble(run: dg.DagsterRun) -> Problem:
    """A run that failed, of which nothing is in the state store."""
    customer_id = run.tags.get(PARTITION_NAME_TAG)
    if customer_id is None:
        return _job_failed(run.job_name, run.run_id)
    return Problem(
        Subject(customer_id, RUN_DIED),
        Severity.ERROR,
        f"a run of the job {run.job_name} ended before it began to work",
        "The run's page in the Dagster UI has the error. It is tried up to five times; after that, "
        f"`sync-pipeline run {customer_id}` begins it.",
        {},
        run.run_id,
    )


def _ticks(instance: dg.DagsterInstance, state: InstigatorState) -> Problem | None:
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=TICKS_IN_A_ROW)
    if len(ticks) < TICKS_IN_A_ROW or any(tick.status is not TickStatus.FAILURE for tick in ticks):
        return None
    name = state.instigator_name
    return Problem(
        Subject(FLEET, DAGSTER_TROUBLE, name),
        Severity.ERROR,
        f"the last {TICKS_IN_A_ROW} ticks of {name} failed",
        f"Look at {name} under Automation in the Dagster UI: its ticks have the error.",
    )


def _last_run(instance: dg.DagsterInstance, job: str) -> Problem | None:
    newest = instance.get_runs(filters=dg.RunsFilter(job_name=job, statuses=OVER), limit=1)
    if not newest or newest[0].status is dg.DagsterRunStatus.SUCCESS:
        return None
    return _job_failed(job, newest[0].run_id)


def _job_failed(job: str, dagster_run_id: str) -> Problem:
    return Problem(
        Subject(FLEET, DAGSTER_TROUBLE, job),
        Severity.ERROR,
        f"the last run of the job {job} failed",
        "The run's page in the Dagster UI has the error. The next one tries again.",
        {},
        dagster_run_id,
    )
