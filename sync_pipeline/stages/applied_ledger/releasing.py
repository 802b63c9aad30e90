"""Releasing: everything that waits is looked at, and what has come is bound to its request."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from sync_pipeline.domain.change import Action
from sync_pipeline.domain.needs import Need, needs_of
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
            ParkedError: the budget or the slice's time ended; what was decided until then is kept.
        """
        waiting = {kind: self._context.waiting.waiting(kind) for kind, _ in BINDINGS}
        await self._desk.contact_ids.find(_people(operation for some in waiting.values() for operation in some))
        for kind, bind in BINDINGS:
            if not waiting[kind]:
                continue
            try:
                await bind(self._desk, waiting[kind])
            finally:
                self._desk.settle()


def _people(operations: Iterable[WaitingOperation]) -> set[Need]:
    """Everybody whom any of these waits for: asking for all at once takes the fewest requests."""
    return {
        need
        for operation in operations
        for need in needs_of(
            operation.kind,
            Action(operation.action),
            operation.reference_source,
            operation.reference_id,
            operation.payload,
        )
        if need.kind == "contact"
    }
