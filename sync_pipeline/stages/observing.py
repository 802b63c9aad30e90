"""After every answer: note it, and remember what it said about the organization's window."""

from datetime import datetime, timedelta

import structlog

from sync_pipeline.domain.answer import TOO_MANY_REQUESTS, Answer, Outcome
from sync_pipeline.domain.operation import Permit
from sync_pipeline.stages.context import StageContext

log = structlog.get_logger()

LONGEST_WAIT = timedelta(minutes=65)  # a reset header may be garbage: no wait beyond a little over its hour
SHORTEST_WAIT = timedelta(seconds=1)  # "Retry-After: 0" must not become a hundred requests a second
WAIT_WITHOUT_ADVICE = timedelta(seconds=60)


def observe(context: StageContext, answer: Answer, permit: Permit) -> None:
    """Note what became of the request of this permit, and correct the picture of the quota.

    A throttled answer blocks further requests until the time it names.
    """
    log.info("request_answered", endpoint=permit.endpoint, outcome=answer.outcome.value, status=answer.status)
    blocked_until = blocked(context.clock.now(), answer) if answer.outcome == Outcome.THROTTLED else None
    context.quota.observe(context.destination_name, permit, answer, blocked_until)


def blocked(now: datetime, answer: Answer) -> datetime:
    """Until when a throttled answer asks us to stay away. `Retry-After` is obeyed whatever its length."""
    if answer.retry_after is not None:
        return now + max(timedelta(seconds=answer.retry_after), SHORTEST_WAIT)
    if answer.rate.resets_at is not None and answer.status == TOO_MANY_REQUESTS:
        return min(max(answer.rate.resets_at, now + SHORTEST_WAIT), now + LONGEST_WAIT)
    return now + WAIT_WITHOUT_ADVICE
