"""Delivering: everything planned leaves in as few requests as the answers allow."""

import asyncio
from collections import deque

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.errors import SyncError
from sync_pipeline.domain.operation import NoPermit, SendingBatch
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.requests import endpoint_of, halves, send
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
        self._halves: deque[tuple[int, ...]] = deque()

    async def run(self) -> None:
        """Send until nothing is left that could be sent now, or the slice has to stop."""
        while not self._state.stopped and not self._state.park_if_out_of_time():
            batches, refusal = self._claim_round()
            if batches:
                await self._round(batches)
            elif refusal is not None:
                await self._state.wait_or_park(refusal)
            else:
                return

    async def _round(self, batches: list[SendingBatch]) -> None:
        """Send a few batches at once and settle every answer, also when one of them ends the slice."""
        answers = await asyncio.gather(
            *(send(self._context, self._destination, batch) for batch in batches), return_exceptions=True
        )
        failures: list[BaseException] = []
        silent: list[str] = []
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, BaseException):
                failures.append(answer)
                continue
            try:
                why = await self._settle(batch, answer)
            except SyncError as error:
                failures.append(error)
            else:
                silent += [] if why is None else [why]
        if failures:
            raise failures[0]
        if len(silent) < len(batches):
            self._state.answered()
        else:
            await self._state.unanswered(silent[0])

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

    def _claim(self) -> SendingBatch | NoPermit | None:
        sending = self._context.sending
        while self._halves:
            claimed = sending.claim_again(self._halves[0], endpoint_of)
            if isinstance(claimed, NoPermit):
                return claimed
            self._halves.popleft()
            if claimed is not None:
                return claimed
        return sending.claim(self._batch_size, endpoint_of)

    async def _settle(self, batch: SendingBatch, answer: Answer) -> str | None:
        """Move the operations on; answers why nobody knows what to do next, None after a definite answer."""
        sending = self._context.sending
        match answer.outcome:
            case Outcome.ACCEPTED:
                self._state.accepted += len(batch.ids)
                sending.accepted(batch.ids)
            case Outcome.REFUSED | Outcome.TOO_LARGE:
                self._refused(batch, answer)
            case Outcome.THROTTLED:
                sending.planned_again(batch.ids)
            case Outcome.UNAUTHORIZED:
                await self._unauthorized(batch, answer)
            case Outcome.UNREACHED:
                sending.planned_again(batch.ids)
                return f"Virtuous could not be reached ({answer.detail})"
            case Outcome.NO_ANSWER:
                return f"Virtuous gave no answer ({answer.detail})"
        return None

    def _refused(self, batch: SendingBatch, answer: Answer) -> None:
        if len(batch.ids) == 1:
            self._context.sending.dead(batch.ids, answer.detail)
            return
        if answer.outcome == Outcome.TOO_LARGE:
            self._batch_size = max(1, min(self._batch_size, len(batch.ids) // 2))
        self._context.sending.planned_again(batch.ids)
        self._halves.extend(halves(batch.ids))

    async def _unauthorized(self, batch: SendingBatch, answer: Answer) -> None:
        try:
            await self._state.confirm_credential(self._destination, answer.status)
            if len(batch.ids) == 1:
                self._state.count_unauthorized_single(answer.status)
        except SyncError:
            self._context.sending.planned_again(batch.ids)  # nothing happened, and no row is to blame
            raise
        self._refused(batch, answer)
