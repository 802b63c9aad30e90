"""Foretelling: in which requests to Virtuous a backlog would leave, when every answer is a yes."""

from collections.abc import Sequence

from sync_pipeline.domain.backlog import ForetoldRequest
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.ports import CrmIds
from sync_pipeline.stages.context import routes
from sync_pipeline.stages.foretelling.ledger import ScratchLedger
from sync_pipeline.stages.foretelling.released import AcceptedPeople, released

__all__ = ["AcceptedPeople", "ScratchLedger", "foretold"]


def foretold(
    ledger: ScratchLedger, crm_ids: CrmIds, accepted_people: AcceptedPeople, customer: Customer
) -> Sequence[ForetoldRequest]:
    """Prerequisites, what is in doubt, what is planned, and what waits for people Virtuous has accepted."""
    return [
        *ledger.requests(routes(customer)),
        *released(ledger.operations, crm_ids, accepted_people, customer),
    ]
