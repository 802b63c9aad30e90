"""Releasing: everything that waits is looked at, and what has come is bound to its request."""

from collections.abc import Awaitable, Callable, Sequence

from sync_pipeline.domain.operation import WaitingOperation
from sync_pipeline.stages.applied_ledger.binding.attendances import bind_attendances
from sync_pipeline.stages.applied_ledger.binding.contact_calls import bind_contact_calls
from sync_pipeline.stages.applied_ledger.binding.desk import Desk
from sync_pipeline.stages.applied_ledger.binding.notes import bind_notes
from sync_pipeline.stages.applied_ledger.binding.opportunities import bind_opportunities
from sync_pipeline.stages.applied_ledger.binding.reversals import bind_reversals
from sync_pipeline.stages.applied_ledger.contact_ids import ContactIds
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.context import StageContext

Bind = Callable[[Desk, Sequence[WaitingOperation]], Awaitable[None]]
# Opportunities before the hours that are given at them: one that is found releases them at once.
BINDINGS: tuple[tuple[str, Bind], ...] = (
    ("contact", bind_contact_calls),
    ("gift", bind_reversals),
    ("opportunity", bind_opportunities),
    ("attendance", bind_attendances),
    ("note", bind_notes),
)


class Release:
    """Looks through what waits, as often as one slice wants to; people are asked for once."""

    def __init__(self, context: StageContext, looking: Looking) -> None:
        self._context = context
        self._desk = Desk(context, ContactIds(context, looking), looking)

    async def run(self) -> None:
        """Bind what can be sent now.

        Raises:
            QuotaSpentError: the budget or the slice's time ended; what was decided until then is kept.
        """
        for kind, bind in BINDINGS:
            operations = self._context.waiting.waiting(kind)
            if not operations:
                continue
            try:
                await bind(self._desk, operations)
            finally:
                self._desk.settle()
