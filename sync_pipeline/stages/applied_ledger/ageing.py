"""Ageing: what has waited too long, and gifts accepted only because their repeat was refused, are for a person."""

from datetime import datetime, timedelta

import structlog

from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import Evidence
from sync_pipeline.stages.applied_ledger.looking import Absence, Looking
from sync_pipeline.stages.context import StageContext

log = structlog.get_logger()

LOOK_UPS_PER_SLICE = 100
REASON = (
    "Virtuous refused it when it was sent again and still does not show it: look it up there, or correct the source"
)


def review_what_waits_too_long(context: StageContext) -> None:
    """What nobody imported, or nobody sent, is told; it goes on by itself all the same once that is there."""
    aged = context.waiting.review_aged(_before(context))
    if aged:
        log.warning("waiting_reviewed", operations=aged)


async def review_refused_repeats(context: StageContext, looking: Looking) -> None:
    """Gifts whose repeat was refused are confirmed when they show, and go to review when they are old and do not."""
    for operation in context.sending.accepted_by(Evidence.REPEAT_REFUSED, _before(context), LOOK_UPS_PER_SLICE):
        finding = await looking.gift(operation.reference_source, operation.reference_id)
        if isinstance(finding, CrmId):
            context.sending.confirmed({operation.operation_id: finding})
        elif finding == Absence.SEEN:
            context.sending.review((operation.operation_id,), REASON)


def _before(context: StageContext) -> datetime:
    return context.clock.now() - timedelta(hours=context.customer.destination.review_after_hours)
