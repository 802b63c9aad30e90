"""Doubt: operations that may have left and have no answer are settled before anything new is sent (DESIGN section 5).

Transactions, and calls that leave the same state however often they are made, are sent again: the very same rows with
the very same payload. What would take effect twice is looked for instead.
"""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.crm import contacts, gifts, notes, tags, volunteers
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import DoubtfulBatch, Evidence, NoPermit, SendingBatch
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.effects import is_about_a_record
from sync_pipeline.stages.applied_ledger.gift_doubt import GiftDoubt
from sync_pipeline.stages.applied_ledger.looking import Absence, Looking
from sync_pipeline.stages.applied_ledger.requests import Rows, bury, halves, send
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline.stages.context import StageContext

log = structlog.get_logger()

UNANSWERED_BEFORE_HALVING = 2  # a row that makes the server fail must not hold its batch in doubt for ever
LOOKED_FOR = frozenset(
    {notes.CREATE, volunteers.CREATE_OPPORTUNITY, volunteers.SIGN_UP, volunteers.RECORD_HOURS, gifts.REVERSAL}
)
"""Never sent again blindly: a repeat makes a second one."""

STATES = frozenset({contacts.ARCHIVE, contacts.UNARCHIVE, tags.BULK})
"""Settled by reading the state."""


class DoubtResolution:
    """Settles what is in doubt until every row has a definite answer, or the slice has to stop.

    `unsettled_until`: when the absence of what was looked for begins to prove something.
    """

    def __init__(self, context: StageContext, destination: Destination, state: SliceState, looking: Looking) -> None:
        self._context = context
        self._destination = destination
        self._state = state
        self._looking = looking
        self._gifts = GiftDoubt(context, destination, state, looking)
        self._unanswered: Counter[Rows] = Counter()
        self.unsettled_until: datetime | None = None

    async def run(self) -> None:
        self.unsettled_until = None
        state, batches = self._state, self._context.sending.in_doubt()
        self._gifts.begin(batches)
        await self._look_for([batch for batch in batches if batch.endpoint in LOOKED_FOR])
        await self._read_states([batch for batch in batches if batch.endpoint in STATES])
        queue = deque(
            (batch.endpoint, part)
            for batch in batches
            if batch.endpoint not in LOOKED_FOR
            for part in _parts(batch.rows, state.routes.limit(batch.endpoint))
        )
        while queue and not state.stopped and not state.must_end():
            endpoint, rows = queue.popleft()
            if endpoint in state.blocked:
                continue
            if state.size(endpoint).is_proven and len(rows) > (fewer := state.routes.limit(endpoint)):
                queue.extendleft((endpoint, part) for part in reversed(_parts(rows, fewer)))
                continue
            claimed = self._context.sending.claim_again([number for row in rows for number in row], state.routes)
            if isinstance(claimed, NoPermit):
                queue.appendleft((endpoint, rows))
                await state.wait_or_park(claimed)
            elif claimed is not None:
                reply = await send(self._context, self._destination, claimed)
                queue.extendleft((endpoint, part) for part in reversed(await self._settle(claimed, reply)))
        if batches:
            left = sum(len(batch.ids) for batch in self._context.sending.in_doubt())
            log.info("doubt_settled", in_doubt=sum(len(batch.ids) for batch in batches), left=left)

    async def _look_for(self, batches: Sequence[DoubtfulBatch]) -> None:
        """Effects that must not happen twice: found, or absent for long enough to be sent again."""
        settle = timedelta(seconds=self._context.customer.destination.settle_seconds)
        settles_at = {number: batch.attempted_at + settle for batch in batches for number in batch.ids}
        operations = self._context.sending.doubtful(list(settles_at)) if settles_at else []
        for operation in operations:
            if self._state.stopped or self._state.must_end():
                return
            number = operation.operation_id
            finding = await self._looking.effect_of(operation, [one for one in operations if one is not operation])
            if isinstance(finding, CrmId):
                self._context.sending.accepted((number,), Evidence.FOUND, {number: finding})
                self._state.accepted[Request.from_document(operation.request or {}).endpoint] += 1
            elif finding == Absence.SEEN and self._context.clock.now() >= settles_at[number]:
                self._context.sending.planned_again((number,))
            elif finding == Absence.SEEN:
                self.unsettled_until = max(settles_at[number], self.unsettled_until or settles_at[number])

    async def _read_states(self, batches: Sequence[DoubtfulBatch]) -> None:
        """States that are there already; the others are asked for again, which does no harm."""
        for operation in self._context.sending.doubtful([number for batch in batches for number in batch.ids]):
            if self._state.stopped or self._state.must_end():
                return
            if await self._looking.is_in_state(operation):
                self._context.sending.accepted((operation.operation_id,), Evidence.FOUND)

    async def _settle(self, batch: SendingBatch, reply: Reply) -> Sequence[Rows]:
        """Settle one repeated batch; answers what has to be repeated next."""
        sending, state, ids, answer = self._context.sending, self._state, batch.ids, reply.answer
        match answer.outcome:
            case Outcome.ACCEPTED:
                state.answered(batch.endpoint, len(batch.rows))
                state.accepted[batch.endpoint] += len(ids)
                sending.accepted(ids, evidence=Evidence.REPEAT_ACCEPTED)
                self._gifts.taken(ids)
                return ()
            case Outcome.REFUSED | Outcome.TOO_LARGE if answer.blames_the_rows or is_about_a_record(batch, reply):
                return await self._refused(batch, answer)
            case Outcome.UNAUTHORIZED:
                await state.confirm_credential(self._destination, answer.status)
                is_to_blame = len(batch.rows) > 1 or state.is_to_blame(batch.endpoint, ids, answer.status)
                return await self._refused(batch, answer) if is_to_blame else (batch.rows,)
            case Outcome.THROTTLED:
                state.throttled(answer)
                return (batch.rows,)
            case _:
                return await self._again(batch, answer)

    async def _refused(self, batch: SendingBatch, answer: Answer) -> Sequence[Rows]:
        self._state.answered(batch.endpoint, len(batch.rows))
        if answer.outcome == Outcome.TOO_LARGE:
            self._state.size(batch.endpoint).too_large(len(batch.rows))
        if batch.endpoint == gifts.TRANSACTION and answer.outcome == Outcome.REFUSED:
            return [_each_alone(ids) for ids in await self._gifts.refused(batch.ids, answer.detail)]
        if len(batch.rows) > 1:
            return halves(batch.rows)
        if len(batch.ids) > 1:
            return [((number,),) for number in batch.ids]
        return [] if bury(self._context, batch, answer) else [batch.rows]

    async def _again(self, batch: SendingBatch, answer: Answer) -> Sequence[Rows]:
        rows = batch.rows
        await self._state.unanswered(batch.endpoint, len(rows), answer)
        self._unanswered[rows] += 1
        if len(rows) > 1 and self._unanswered[rows] >= UNANSWERED_BEFORE_HALVING:
            return halves(rows)
        return (rows,)


def _parts(rows: Rows, limit: int) -> list[Rows]:
    return [rows[start : start + limit] for start in range(0, len(rows), limit)]


def _each_alone(ids: Sequence[int]) -> Rows:
    return tuple((number,) for number in ids)
