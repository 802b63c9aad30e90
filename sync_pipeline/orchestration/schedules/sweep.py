"""Schedule: a sweep every five minutes, unless the last one is still at work."""

import dagster as dg

from sync_pipeline.orchestration.run_queue import UNFINISHED
from sync_pipeline.orchestration.sweep import poll_sweep


@dg.schedule(job=poll_sweep, cron_schedule="*/5 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def sweep(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Two at the same time would poll nobody twice, but keep a worker busy for nothing."""
    unfinished = dg.RunsFilter(job_name=poll_sweep.name, statuses=list(UNFINISHED))
    if context.instance.get_runs_count(unfinished):
        return dg.SkipReason("the last sweep is still at work")
    return dg.RunRequest()
