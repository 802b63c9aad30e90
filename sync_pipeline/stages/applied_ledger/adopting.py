"""Adopting: what Virtuous has from before the state store was lost counts as sent, and is not sent again.

Notes, hours, reversals, sign-ups and opportunities are looked for while they are bound. A gift that is there may be
recognised in silence, or refused (reference section 4.6): only a refused one is worth a question.
"""

from sync_pipeline.domain.crm import gifts, notes, volunteers
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import Evidence, SendingOperation
from sync_pipeline.domain.run import Layer
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.context import StageContext

TAKES_EFFECT_AGAIN = (notes.CREATE, volunteers.CREATE_OPPORTUNITY, volunteers.RECORD_HOURS, gifts.REVERSAL)


def doubt_what_is_unsent(context: StageContext) -> None:
    """What the state store calls unsent may have been sent, if an initial run works on one from a backup."""
    if context.run.layer == Layer.INITIAL:
        context.waiting.look_first(TAKES_EFFECT_AGAIN)


async def is_there_already(context: StageContext, looking: Looking, operation: SendingOperation) -> bool:
    """Whether a refused gift was refused because Virtuous has it; it counts as accepted then."""
    if operation.kind != "gift" or operation.action != "save" or not operation.may_be_there:
        return False
    found = await looking.gift(operation.reference_source, operation.reference_id)
    if not isinstance(found, CrmId):
        return False
    number = operation.operation_id
    context.sending.accepted((number,), Evidence.FOUND_THERE, {number: found})
    return True
