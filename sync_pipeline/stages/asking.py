"""Questions to Virtuous that change nothing: each with a permit, and again while the answer is about nothing."""

from sync_pipeline.domain.answer import Outcome
from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.ports import Destination
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.observing import blocked, observe
from sync_pipeline.stages.permits import take_permit

TRIES = 5
PASSING = frozenset({Outcome.UNREACHED, Outcome.NO_ANSWER})


async def ask(context: StageContext, destination: Destination, request: Request) -> Reply:
    """The answer to a question; the last one when Virtuous never gave a definite one.

    Raises:
        ParkedError: not even this question fits the budget or the slice now, or Virtuous keeps asking to wait.
    """
    tries = 0
    while True:
        if context.out_of_time:
            raise ParkedError(context.clock.now(), context.why_out_of_time)
        permit = await take_permit(context, request.endpoint)
        reply = await destination.ask(request)
        observe(context, reply.answer, permit)
        tries += 1
        if reply.answer.outcome == Outcome.THROTTLED:
            if tries == TRIES:
                raise ParkedError(blocked(context.clock.now(), reply.answer), "Virtuous keeps asking to wait")
            continue  # the answer blocked the quota: the next permit waits, or parks
        if reply.answer.outcome not in PASSING or tries == TRIES:
            return reply
        await context.sleep(2 ** (tries - 1))
