"""Schedule: a sweep every five minutes, unless the last one is still at work."""

import dagster as dg

from sync_pipeline.orchestration.schedules.one_at_a_time import unless_at_work
from sync_pipeline.orchestration.sweep import poll_sweep


@dg.schedule(job=poll_sweep, cron_schedule="*/5 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def sweep(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Two at the same time would poll nobody twice, but keep a worker busy for nothing."""
    return unless_at_work(context.instance, poll_sweep, "sweep")
