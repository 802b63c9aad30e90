"""Reversals: a gift can be taken back once it is a gift; the notes carry our mark, by which the reversal is found."""

from collections.abc import Sequence

from sync_pipeline.domain.crm import gifts
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import WaitingOperation
from sync_pipeline.domain.records.note import note_mark
from sync_pipeline.stages.applied_ledger.binding.desk import Desk, itself
from sync_pipeline.stages.applied_ledger.looking import Absence

LOOK_UPS_PER_SLICE = 100


async def bind_reversals(desk: Desk, operations: Sequence[WaitingOperation]) -> None:
    known = desk.known([itself(operation) for operation in operations])
    looked_up = 0
    start = desk.context.clock.now().toordinal() * LOOK_UPS_PER_SLICE % max(1, len(operations))
    for operation in [*operations[start:], *operations[:start]]:  # others come first on every day
        finding = known.get(itself(operation))
        if finding is None and looked_up < LOOK_UPS_PER_SLICE:
            looked_up += 1
            finding = await desk.looking.gift(operation.reference_source, operation.reference_id)
        if isinstance(finding, CrmId):
            desk.remember(operation, finding)
            await _reverse(desk, operation, finding.crm_id)
        else:
            desk.wait(operation, itself(operation))


async def _reverse(desk: Desk, operation: WaitingOperation, gift_id: int) -> None:
    mark = note_mark(operation.reference_source, operation.reference_id)
    reversal = await desk.looking.reversal(gift_id, mark) if operation.may_be_there else Absence.SEEN
    if isinstance(reversal, CrmId):
        desk.found(operation, reversal)
    elif reversal == Absence.SEEN:
        notes = f"{operation.payload['notes']} {mark}"
        desk.bind(operation, gifts.reversal(gift_id, operation.payload["giftDate"], notes))
    else:
        desk.wait(operation, itself(operation))
