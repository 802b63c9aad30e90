"""Delivering: everything planned leaves in as few requests as the answers allow."""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.errors import SyncError
from sync_pipeline.domain.operation import NoPermit, SendingBatch
from sync_pipeline.domain.request import Reply
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.adopting import is_there_already
from sync_pipeline.stages.applied_ledger.effects import given_ids, is_about_a_record
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.applied_ledger.requests import Rows, bury, halves, send
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline.stages.context import StageContext

CONCURRENT_REQUESTS = 4


class Delivery:
    """Sends what is planned in rounds of a few concurrent requests.

    A refused batch is halved until the bad rows stand alone; the operations of a refused row then travel one by one.
    The parts are only remembered here: after a crash their operations are planned, and travel in ordinary batches
    again.
    """

    def __init__(self, context: StageContext, destination: Destination, state: SliceState, looking: Looking) -> None:
        self._context = context
        self._looking = looking
        self._destination = destination
        self._state = state
        self._parts: deque[Rows] = deque()
        self._apart: tuple[int, ...] = ()

    async def run(self) -> None:
        """Send until nothing is left that could be sent now, or the slice has to end."""
        while not self._state.stopped and not self._state.must_end():
            batches, refusal = self._claim_round()
            if batches:
                await self._round(batches)
            elif refusal is not None:
                await self._state.wait_or_park(refusal)
            elif not await self._sit_out_older_requests():
                return

    async def _round(self, batches: list[SendingBatch]) -> None:
        """Send a few batches at once and settle every answer, also when one of them ends the slice."""
        replies = await asyncio.gather(*(self._send(batch) for batch in batches), return_exceptions=True)
        failures = [reply for reply in replies if isinstance(reply, BaseException)]
        told = [
            (one, reply) for one, reply in zip(batches, replies, strict=True) if not isinstance(reply, BaseException)
        ]
        try:
            self._settle_accepted([(batch, reply) for batch, reply in told if reply.is_accepted])
        except SyncError as error:
            failures.append(error)
        undecided: dict[str, tuple[SendingBatch, Answer]] = {}
        for batch, reply in told:
            try:
                decided = reply.is_accepted or await self._settle(batch, reply)
            except SyncError as error:
                failures.append(error)
            else:
                if decided:
                    self._state.answered(batch.endpoint, len(batch.rows))
                else:
                    undecided[batch.endpoint] = (batch, reply.answer)
        if failures:
            raise failures[0]
        await self._count_tries(undecided.values())

    async def _send(self, batch: SendingBatch) -> Reply:
        return await send(self._context, self._destination, batch)

    async def _count_tries(self, undecided: Collection[tuple[SendingBatch, Answer]]) -> None:
        """One try for each endpoint that decided nothing in this round, however many of its requests there were."""
        throttled = [answer for _, answer in undecided if answer.outcome == Outcome.THROTTLED]
        if throttled:
            self._state.throttled(throttled[0])
            return
        for batch, answer in undecided:
            await self._state.unanswered(batch.endpoint, len(batch.rows), answer)

    def _claim_round(self) -> tuple[list[SendingBatch], NoPermit | None]:
        batches: list[SendingBatch] = []
        if self._apart:
            return self._claim_apart()
        with self._context.sending.together():
            # Who owes an answer is asked one thing at a time: an outage must not spend the night's quota.
            while len(batches) < (1 if self._state.tries else CONCURRENT_REQUESTS):
                claimed = self._claim()
                if isinstance(claimed, NoPermit):
                    return batches, claimed
                if claimed is None:
                    break
                batches.append(claimed)
        return batches, None

    def _claim_apart(self) -> tuple[list[SendingBatch], NoPermit | None]:
        """The next operation of a row that was taken apart, alone in its round: the next one must not overtake it."""
        while self._apart:
            claimed = self._context.sending.claim_again(self._apart[:1], self._state.routes)
            if isinstance(claimed, NoPermit):
                return [], claimed
            self._apart = self._apart[1:]
            if claimed is not None:
                return [claimed], None
        return [], None

    async def _sit_out_older_requests(self) -> bool:
        """Wait until older values can no longer arrive and undo the newer ones that are left; False when none are.

        At most LATEST_EFFECT_SECONDS: not worth a park.
        """
        until = self._context.sending.unsettled_until()
        if until is None:
            return False
        await self._context.sleep(max(0.0, (until - self._context.clock.now()).total_seconds()))
        return True

    def _claim(self) -> SendingBatch | NoPermit | None:
        sending = self._context.sending
        while self._parts:
            claimed = sending.claim_again([number for row in self._parts[0] for number in row], self._state.routes)
            if isinstance(claimed, NoPermit):
                return claimed
            self._parts.popleft()
            if claimed is not None:
                return claimed
        return sending.claim(self._state.routes, self._state.blocked)

    def _settle_accepted(self, accepted: Collection[tuple[SendingBatch, Reply]]) -> None:
        if not accepted:
            return
        sending = self._context.sending
        with sending.together():
            for batch, reply in accepted:
                sending.accepted(batch.ids, crm_ids=given_ids(batch, reply))
        for batch, _ in accepted:
            self._state.accepted[batch.endpoint] += len(batch.ids)

    async def _settle(self, batch: SendingBatch, reply: Reply) -> bool:
        """Move the operations of another answer on; answers whether it decided anything about them."""
        sending, answer = self._context.sending, reply.answer
        match answer.outcome:
            case Outcome.REFUSED | Outcome.TOO_LARGE if answer.blames_the_rows:
                await self._refused(batch, answer)
            case Outcome.REFUSED if is_about_a_record(batch, reply):
                sending.dead(batch.ids, f"what this is about is not there any more ({answer.detail})")
            case Outcome.UNAUTHORIZED:
                await self._unauthorized(batch, answer)
            case Outcome.NO_ANSWER:
                return False
            case _:  # throttled, not reached, or the endpoint is not what it was: nothing happened
                sending.planned_again(batch.ids)
                return False
        return True

    async def _refused(self, batch: SendingBatch, answer: Answer) -> None:
        if len(batch.ids) == 1:
            if not await is_there_already(self._context, self._looking, batch.operations[0]):
                bury(self._context, batch, answer)
        elif len(batch.rows) == 1:
            self._context.sending.planned_again(batch.ids)
            self._apart += batch.ids
        else:
            if answer.outcome == Outcome.TOO_LARGE:
                self._state.size(batch.endpoint).too_large(len(batch.rows))
            self._try_again(batch, halves(batch.rows))

    def _try_again(self, batch: SendingBatch, parts: Sequence[Rows]) -> None:
        """Depth first: after few requests some parts are settled for good, whatever happens then."""
        self._context.sending.planned_again(batch.ids)
        self._parts.extendleft(reversed(parts))

    async def _unauthorized(self, batch: SendingBatch, answer: Answer) -> None:
        if batch.endpoint in self._state.forbidden:
            self._context.sending.planned_again(batch.ids)
            return
        try:
            await self._state.confirm_credential(self._destination, answer.status)
        except SyncError:
            self._context.sending.planned_again(batch.ids)  # nothing happened, and no row is to blame
            raise
        if len(batch.rows) == 1 and not self._state.is_to_blame(batch.endpoint, batch.ids, answer.status):
            self._leave_alone(batch.endpoint)
            return  # still marked as on its way: the resolution of doubt sends it once more
        if len(batch.rows) > 1 and not self._state.accepted[batch.endpoint]:
            # Most likely the key may not write at all: two rows alone will show it.
            self._try_again(batch, probes(batch.rows))
        else:
            await self._refused(batch, answer)

    def _leave_alone(self, endpoint: str) -> None:
        """Parts of refused batches go back into the queue, which asks nothing more of a forbidden endpoint."""
        if endpoint in self._state.forbidden:
            self._parts.clear()
            self._apart = ()


def probes(rows: Rows) -> list[Rows]:
    return [part for part in (rows[:1], rows[1:2], rows[2:]) if part]
