"""Delivering: everything planned leaves in as few requests as the answers allow."""

import asyncio
from collections import deque
from collections.abc import Sequence

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.errors import SyncError
from sync_pipeline.domain.operation import NoPermit, SendingBatch
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.requests import endpoint_of, halves, send, why_undecided
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline.stages.context import StageContext

CONCURRENT_REQUESTS = 4


class Delivery:
    """Sends what is planned in rounds of a few concurrent requests.

    A refused batch is halved until the bad rows stand alone. The halves are only remembered here: after a crash their
    operations are planned, and travel in ordinary batches again.
    """

    def __init__(self, context: StageContext, destination: Destination, state: SliceState) -> None:
        self._context = context
        self._destination = destination
        self._state = state
        self._batch_size = context.customer.destination.batch.max
        self._parts: deque[tuple[int, ...]] = deque()

    async def run(self) -> None:
        """Send until nothing is left that could be sent now, or the slice has to stop."""
        while not self._state.stopped and not self._state.park_if_out_of_time():
            batches, refusal = self._claim_round()
            if batches:
                await self._round(batches)
            elif refusal is not None:
                await self._state.wait_or_park(refusal)
            elif not await self._sit_out_older_requests():
                return

    async def _round(self, batches: list[SendingBatch]) -> None:
        """Send a few batches at once and settle every answer, also when one of them ends the slice."""
        answers = await asyncio.gather(
            *(send(self._context, self._destination, batch) for batch in batches), return_exceptions=True
        )
        failures: list[BaseException] = []
        undecided: list[Answer] = []
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, BaseException):
                failures.append(answer)
                continue
            try:
                decided = await self._settle(batch, answer)
            except SyncError as error:
                failures.append(error)
            else:
                undecided += [] if decided else [answer]
        if failures:
            raise failures[0]
        await self._count_tries(undecided, len(batches))

    async def _count_tries(self, undecided: list[Answer], sent: int) -> None:
        throttled = [answer for answer in undecided if answer.outcome == Outcome.THROTTLED]
        if len(undecided) < sent:
            self._state.answered()
        elif throttled:
            self._state.throttled(throttled[0])
        else:
            await self._state.unanswered(why_undecided(undecided[0]))

    def _claim_round(self) -> tuple[list[SendingBatch], NoPermit | None]:
        batches: list[SendingBatch] = []
        while len(batches) < CONCURRENT_REQUESTS:
            claimed = self._claim()
            if isinstance(claimed, NoPermit):
                return batches, claimed
            if claimed is None:
                break
            batches.append(claimed)
        return batches, None

    async def _sit_out_older_requests(self) -> bool:
        """Wait until older values can no longer arrive and undo the newer ones that are left; False when none are.

        At most LATEST_EFFECT_SECONDS: not worth a park.
        """
        until = self._context.sending.unsettled_until()
        if until is None:
            return False
        await self._context.clock.sleep(max(0.0, (until - self._context.clock.now()).total_seconds()))
        return True

    def _claim(self) -> SendingBatch | NoPermit | None:
        sending = self._context.sending
        while self._parts:
            claimed = sending.claim_again(self._parts[0], endpoint_of)
            if isinstance(claimed, NoPermit):
                return claimed
            self._parts.popleft()
            if claimed is not None:
                return claimed
        return sending.claim(self._batch_size, endpoint_of)

    async def _settle(self, batch: SendingBatch, answer: Answer) -> bool:
        """Move the operations on; answers whether the answer decided anything about them."""
        sending = self._context.sending
        match answer.outcome:
            case Outcome.ACCEPTED:
                self._state.accepted += len(batch.ids)
                sending.accepted(batch.ids)
            case Outcome.REFUSED | Outcome.TOO_LARGE if answer.blames_the_rows:
                self._refused(batch, answer)
            case Outcome.UNAUTHORIZED:
                await self._unauthorized(batch, answer)
            case Outcome.NO_ANSWER:
                return False
            case _:  # throttled, not reached, or the endpoint is not what it was: nothing happened
                sending.planned_again(batch.ids)
                return False
        return True

    def _refused(self, batch: SendingBatch, answer: Answer) -> None:
        if len(batch.ids) == 1:
            self._context.sending.dead(batch.ids, answer.detail)
            return
        if answer.outcome == Outcome.TOO_LARGE:
            self._batch_size = max(1, min(self._batch_size, len(batch.ids) // 2))
        self._try_again(batch, halves(batch.ids))

    def _try_again(self, batch: SendingBatch, parts: Sequence[tuple[int, ...]]) -> None:
        """Depth first: after few requests some parts are settled for good, whatever happens then."""
        self._context.sending.planned_again(batch.ids)
        self._parts.extendleft(reversed(parts))

    async def _unauthorized(self, batch: SendingBatch, answer: Answer) -> None:
        try:
            await self._state.confirm_credential(self._destination, answer.status)
        except SyncError:
            self._context.sending.planned_again(batch.ids)  # nothing happened, and no row is to blame
            raise
        if len(batch.ids) == 1 and not self._state.is_to_blame(batch.ids, answer.status):
            return  # still marked as on its way: the resolution of doubt sends it once more
        if len(batch.ids) > 1 and not self._state.accepted:
            # Most likely the key may not write at all: two rows alone will show it.
            self._try_again(batch, probes(batch.ids))
        else:
            self._refused(batch, answer)


def probes(ids: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [part for part in (ids[:1], ids[1:2], ids[2:]) if part]
