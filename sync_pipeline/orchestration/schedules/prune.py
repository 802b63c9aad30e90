"""Schedule: pruning once a day, in the quietest hour."""

import dagster as dg

from sync_pipeline.orchestration.prune import prune_job
from sync_pipeline.orchestration.run_queue import UNFINISHED


@dg.schedule(
    name="prune",
    job=prune_job,
    # Nights of the Americas end by 15:00 UTC, those of Europe begin at 20:00. Between two sweeps.
    cron_schedule="32 17 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def prune(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Two at the same time would keep a worker busy for nothing."""
    unfinished = dg.RunsFilter(job_name=prune_job.name, statuses=list(UNFINISHED))
    if context.instance.get_runs_count(unfinished):
        return dg.SkipReason("the last one is still at work")
    return dg.RunRequest()
