"""Schedule: pruning once a day, in the quietest hour."""

import dagster as dg

from sync_pipeline.orchestration.prune import prune_job
from sync_pipeline.orchestration.schedules.one_at_a_time import unless_at_work


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
    return unless_at_work(context.instance, prune_job, "one")
