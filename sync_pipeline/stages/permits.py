"""Permits for requests that move no operation: prerequisites and questions about the credential."""

from datetime import timedelta

from sync_pipeline.domain.errors import QuotaSpentError
from sync_pipeline.stages.context import StageContext

WAIT_IN_PROCESS = timedelta(seconds=10)
"""A wait up to here is sat out in the process: starting another slice would take about as long."""


async def take_permit(context: StageContext, endpoint: str) -> None:
    """Take one permit, after a short wait if need be.

    Raises:
        QuotaSpentError: the budget has nothing left for longer than that; the slice parks.
    """
    while True:
        refusal = context.quota.take(context.destination_name, context.quota_rule, context.run.run_id, endpoint)
        if refusal is None:
            return
        wait = refusal.until - context.clock.now()
        if wait > WAIT_IN_PROCESS or context.out_of_time:
            raise QuotaSpentError(refusal.until, refusal.reason)
        await context.clock.sleep(max(wait.total_seconds(), 0))
