"""Opportunities: found by name before they are created; changed by reading, laying ours over it, putting it back."""

from collections.abc import Sequence

from sync_pipeline.domain.crm import volunteers
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import WaitingOperation
from sync_pipeline.stages.applied_ledger.binding.desk import Desk, itself
from sync_pipeline.stages.applied_ledger.looking import Absence

READ_ONLY = frozenset({"id", "createDateTimeUtc", "modifiedDateTimeUtc", "createdByUser", "modifiedByUser"})


async def bind_opportunities(desk: Desk, operations: Sequence[WaitingOperation]) -> None:
    """One of the same name that is nobody else's is ours from now on, as staff have it; only later changes are put."""
    known = desk.known([itself(operation) for operation in operations])
    by_name = await desk.looking.opportunities() if len(known) < len(operations) else {}
    for operation in operations:
        crm_id = known.get(itself(operation))
        if crm_id is not None:
            await _replace(desk, operation, crm_id.crm_id)
            continue
        finding = desk.looking.free_opportunity(by_name, operation.payload["opportunity"]["name"])
        if isinstance(finding, CrmId):
            desk.found(operation, finding)
        elif finding == Absence.SEEN:
            desk.bind(operation, volunteers.create_opportunity(operation.payload["opportunity"]))
        else:
            desk.wait(operation, itself(operation))
        desk.settle()  # the next one of the same name must know that this one is taken


async def _replace(desk: Desk, operation: WaitingOperation, opportunity_id: int) -> None:
    reply = await desk.looking.ask(volunteers.opportunity(opportunity_id))
    if reply.is_missing:
        desk.review(operation, "the opportunity is not in Virtuous any more; it is not created again")
    elif isinstance(reply.document, dict):
        current = {name: value for name, value in reply.document.items() if name not in READ_ONLY}
        desk.bind(
            operation, volunteers.replace_opportunity(opportunity_id, {**current, **operation.payload["opportunity"]})
        )
    else:
        desk.wait(operation, itself(operation))
