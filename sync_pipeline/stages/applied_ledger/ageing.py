"""Ageing: what counts as accepted only because its repeat was refused has to show itself, or a person looks."""

from datetime import timedelta

from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import Evidence
from sync_pipeline.stages.applied_ledger.looking import Absence, Looking
from sync_pipeline.stages.context import StageContext

LOOK_UPS_PER_SLICE = 100
REASON = (
    "Virtuous refused it when it was sent again and still does not show it: look it up there, or correct the source"
)


async def review_refused_repeats(context: StageContext, looking: Looking) -> None:
    """Gifts whose repeat was refused are confirmed when they show, and go to review when they are old and do not."""
    before = context.clock.now() - timedelta(hours=context.customer.destination.review_after_hours)
    for operation in context.sending.accepted_by(Evidence.REPEAT_REFUSED, before, LOOK_UPS_PER_SLICE):
        finding = await looking.gift(operation.reference_source, operation.reference_id)
        if isinstance(finding, CrmId):
            context.sending.confirmed({operation.operation_id: finding})
        elif finding == Absence.SEEN:
            context.sending.review((operation.operation_id,), REASON)
