"""Waiting for permits: for moments in the process, for longer not at all."""

from datetime import datetime, timedelta

from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.operation import NoPermit, Permit
from sync_pipeline.stages.context import StageContext, routes

WAIT_IN_PROCESS = timedelta(seconds=10)
"""A wait up to here is sat out in the process: starting another slice would take about as long."""


async def take_permit(context: StageContext, endpoint: str, batch_id: str | None = None) -> Permit:
    """Take one permit for a request that moves no operation, after a short wait if need be.

    `batch_id` names the batch whose operations need this further request.

    Raises:
        ParkedError: the budget has nothing left for longer than that; the slice parks.
    """
    while True:
        taken = context.quota.take(context.destination_name, context.quota_rule, context.sender, endpoint, batch_id)
        if isinstance(taken, Permit):
            return taken
        parked = await wait_for_quota(context, taken)
        if parked is not None:
            raise ParkedError(parked, taken.reason)


async def wait_for_quota(context: StageContext, refusal: NoPermit) -> datetime | None:
    """Sit out a short wait; answers when to go on where it is longer.

    Then enough is free to be worth another slice: what is planned, or a part of the budget. Somebody who wants the
    requests spread evenly waits for each of them.
    """
    rule, name = context.quota_rule, context.destination_name
    if rule.is_even:
        spacing = context.quota.picture(name, rule).spacing(rule)
        if await sit_out(context, refusal.until, max(spacing, WAIT_IN_PROCESS)):
            return None
    # Before anything is planned nobody knows how much it will be.
    needed = context.sending.requests_left(routes(context.customer)) or rule.requests
    until = context.quota.free_at(name, rule, needed)
    return None if await sit_out(context, until) else until


async def sit_out(context: StageContext, until: datetime, longest: timedelta = WAIT_IN_PROCESS) -> bool:
    """Wait until then in this process; False when that takes too long, or the slice has no time left."""
    wait = until - context.clock.now()
    if wait > longest or context.out_of_time:
        return False
    await context.sleep(max(wait.total_seconds(), 0))
    return True
