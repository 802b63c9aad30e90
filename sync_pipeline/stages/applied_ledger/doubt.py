"""Doubt: operations that may have left and have no answer are settled before anything new is sent.

Contact transactions with the same reference are documented as harmless to repeat, so the very same rows with the very
same payload are sent again (DESIGN section 5; reference section 4.6).
"""

from collections import Counter, deque
from collections.abc import Sequence

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.operation import NoPermit, SendingBatch
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.requests import endpoint_of, halves, send, why_undecided
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline.stages.context import StageContext

REPEAT_ACCEPTED = "repeat_accepted"
UNANSWERED_BEFORE_HALVING = 2  # a row that makes the server fail must not hold its batch in doubt for ever


class DoubtResolution:
    """Repeats what is in doubt until every row has a definite answer, or the slice has to stop."""

    def __init__(self, context: StageContext, destination: Destination, state: SliceState) -> None:
        self._context = context
        self._destination = destination
        self._state = state
        self._unanswered: Counter[tuple[int, ...]] = Counter()

    async def run(self) -> None:
        limit = self._context.customer.destination.batch.max
        queue = deque(part for ids in self._context.sending.in_doubt() for part in _parts(ids, limit))
        while queue and not self._state.stopped and not self._state.park_if_out_of_time():
            ids = queue[0]
            claimed = self._context.sending.claim_again(ids, endpoint_of)
            if isinstance(claimed, NoPermit):
                await self._state.wait_or_park(claimed)
                continue
            queue.popleft()
            if claimed is not None:
                answer = await send(self._context, self._destination, claimed)
                queue.extendleft(reversed(await self._settle(claimed, answer)))

    async def _settle(self, batch: SendingBatch, answer: Answer) -> Sequence[tuple[int, ...]]:
        """Settle one repeated batch; answers what has to be repeated next."""
        sending, state, ids = self._context.sending, self._state, batch.ids
        match answer.outcome:
            case Outcome.ACCEPTED:
                state.answered()
                state.accepted += len(ids)
                sending.accepted(ids, evidence=REPEAT_ACCEPTED)
            case Outcome.REFUSED | Outcome.TOO_LARGE if answer.blames_the_rows:
                return self._refused(ids, answer)
            case Outcome.UNAUTHORIZED:
                await state.confirm_credential(self._destination, answer.status)
                if len(ids) == 1 and not state.is_to_blame(ids, answer.status):
                    return (ids,)
                return self._refused(ids, answer)
            case Outcome.THROTTLED:
                state.throttled(answer)
                return (ids,)
            case _:
                return await self._again(ids, answer)
        return ()

    def _refused(self, ids: tuple[int, ...], answer: Answer) -> Sequence[tuple[int, ...]]:
        self._state.answered()
        if len(ids) > 1:
            return halves(ids)
        self._context.sending.dead(ids, answer.detail)
        return ()

    async def _again(self, ids: tuple[int, ...], answer: Answer) -> Sequence[tuple[int, ...]]:
        await self._state.unanswered(why_undecided(answer))
        self._unanswered[ids] += 1
        if len(ids) > 1 and self._unanswered[ids] >= UNANSWERED_BEFORE_HALVING:
            return halves(ids)
        return (ids,)


def _parts(ids: tuple[int, ...], limit: int) -> list[tuple[int, ...]]:
    return [ids[start : start + limit] for start in range(0, len(ids), limit)]
