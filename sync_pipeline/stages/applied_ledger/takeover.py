"""Taking over: a holder who is not proven dead may still have a request under way.

It checked its lease just before it wrote to the socket, and gives up on an answer after REQUEST_SECONDS. Until then,
and until what Virtuous took has had time to show, nothing that it left in doubt can be judged. The moment is stored
with the lease: a run that somebody starts by hand meanwhile waits as well.
"""

from datetime import datetime, timedelta

from sync_pipeline.stages.applied_ledger.requests import REQUEST_SECONDS
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline.stages.context import StageContext

REASON = "another process held the lease until now, and what it left in doubt has not settled yet"


def settles_at(context: StageContext) -> datetime | None:
    """When what an earlier holder left in doubt may be judged; None when it may be now."""
    taken_over_at = context.keeper.lease.taken_over_at
    if taken_over_at is None:
        return None
    now, settle = context.clock.now(), context.customer.destination.settle_seconds
    # A clock that was set back since must not make anybody wait for longer than this.
    until = min(taken_over_at, now) + timedelta(seconds=REQUEST_SECONDS + settle)
    return until if until > now else None


async def sit_out_takeover(context: StageContext, state: SliceState) -> None:
    """Wait until doubt can be judged; park where that takes longer than a moment. Without doubt nothing waits."""
    until = settles_at(context)
    if until is not None and context.sending.in_doubt():
        await state.settle_or_park(until, REASON)
