"""What a schedule asks for while runs of its job may still be at work."""

import dagster as dg

from sync_pipeline.orchestration.run_queue import UNFINISHED


def unless_at_work(instance: dg.DagsterInstance, job: dg.JobDefinition, what: str) -> dg.RunRequest | dg.SkipReason:
    """A run of the job, or why there is none now: the last `what` is not over."""
    if instance.get_runs_count(dg.RunsFilter(job_name=job.name, statuses=list(UNFINISHED))):
        return dg.SkipReason(f"the last {what} is still at work")
    return dg.RunRequest()
