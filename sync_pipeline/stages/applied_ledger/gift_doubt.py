"""Gifts in doubt: what a refusal of a repeated batch means.

A transaction id that Virtuous has already is recognised in silence, or refused with the one validation error of this
endpoint (reference section 4.6): both are documented. So a 400 to an id that left before is no verdict on its row,
unless a row that left beside it is taken now: then the batch had not arrived, or repeats are no reason to refuse.
"""

from collections.abc import Sequence

from sync_pipeline.domain.answer import Outcome
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import DoubtfulBatch, Evidence, NoPermit, SendingOperation
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.applied_ledger.requests import send
from sync_pipeline.stages.applied_ledger.slice import SliceState
from sync_pipeline.stages.context import StageContext


class GiftDoubt:
    """Settles gifts whose repeat was refused."""

    def __init__(self, context: StageContext, destination: Destination, state: SliceState, looking: Looking) -> None:
        self._context = context
        self._destination = destination
        self._state = state
        self._looking = looking
        self._left_with: dict[int, frozenset[int]] = {}
        self._taken_now: set[int] = set()

    def begin(self, batches: Sequence[DoubtfulBatch]) -> None:
        """Remember what left together: a batch is taken or refused as a whole."""
        self._left_with = {number: frozenset(batch.ids) for batch in batches for number in batch.ids}

    def taken(self, ids: Sequence[int]) -> None:
        """These were taken by a repeat."""
        self._taken_now |= set(ids)

    async def refused(self, ids: tuple[int, ...], detail: str) -> Sequence[tuple[int, ...]]:
        """Settle what can be settled; answers what has to be repeated next.

        Three rows are probed alone. All refused: the batch, which is taken or refused as a whole, was taken the first
        time. A row that is taken now was not there: then the others are repeated in halves.
        """
        sending = self._context.sending
        if len(ids) == 1 and self._left_with.get(ids[0], frozenset()) & self._taken_now:
            sending.dead(ids, f"{detail} (refused when it was sent again, while what left beside it was taken)")
            return ()
        if len(ids) == 1:
            await self._accept_refused(ids)
            return ()
        probed = sorted({ids[0], ids[len(ids) // 2], ids[-1]})
        refused: list[int] = []
        for operation_id in probed:
            claimed = sending.claim_again((operation_id,), self._state.routes)
            if isinstance(claimed, NoPermit):
                await self._state.wait_or_park(claimed)
                return (ids,)
            if claimed is None:
                continue
            reply = await send(self._context, self._destination, claimed)
            if reply.is_accepted:
                sending.accepted((operation_id,), evidence=Evidence.REPEAT_ACCEPTED)
                self.taken((operation_id,))
            elif reply.answer.outcome == Outcome.REFUSED and reply.answer.blames_the_rows:
                refused.append(operation_id)
        left = tuple(operation.operation_id for operation in sending.doubtful(ids))
        if len(refused) == len(probed):
            await self._accept_refused(left)
            return ()
        middle = len(left) // 2
        return [half for half in (left[:middle], left[middle:]) if half]

    async def _accept_refused(self, ids: tuple[int, ...]) -> None:
        """Accept rows of which Virtuous says that it has them; those that are gifts already with their id."""
        sending = self._context.sending
        visible: dict[int, CrmId] = {}
        for operation in _ends(sending.doubtful(ids)):
            found = await self._looking.gift(operation.reference_source, operation.reference_id)
            if isinstance(found, CrmId):
                visible[operation.operation_id] = found
        sending.accepted(list(visible), Evidence.FOUND, visible)
        sending.accepted([operation_id for operation_id in ids if operation_id not in visible], Evidence.REPEAT_REFUSED)


def _ends(operations: Sequence[SendingOperation]) -> Sequence[SendingOperation]:
    """The first and the last: looking at every row of a batch would cost as much as sending it."""
    return operations if len(operations) <= 1 else (operations[0], operations[-1])
