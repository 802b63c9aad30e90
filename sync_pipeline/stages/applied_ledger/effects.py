"""What an answer to a direct call tells beyond its status: the id of what was made, or that nothing had to be done."""

from sync_pipeline.domain.crm import notes, volunteers
from sync_pipeline.domain.crm.reading import record_id
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import SendingBatch
from sync_pipeline.domain.request import Reply, Request

CREATES = frozenset({notes.CREATE, volunteers.CREATE_OPPORTUNITY, volunteers.SIGN_UP, volunteers.RECORD_HOURS})
PARTS = {notes.CREATE: "contactId", volunteers.RECORD_HOURS: "volunteerOpportunityId"}
"""What the thing hangs on, by the name it has in the request."""


def given_ids(batch: SendingBatch, reply: Reply) -> dict[int, CrmId]:
    """The id that Virtuous gave, by operation; nothing for transactions and bulk calls, whose answers are empty."""
    made = record_id(reply.document)
    if batch.endpoint not in CREATES or len(batch.operations) > 1 or made is None:
        return {}
    return {batch.ids[0]: CrmId(made, part_of(batch))}


def part_of(batch: SendingBatch) -> int | None:
    """The id of what the thing hangs on."""
    bound = batch.operations[0].request
    name = PARTS.get(batch.endpoint)
    if bound is None or name is None:
        return None
    return record_id({**bound["parts"], **(bound["body"] or {})}, name)


def is_about_a_record(batch: SendingBatch, reply: Reply) -> bool:
    """404 of a path that names a record speaks about that record; of any other path about the endpoint."""
    bound = batch.operations[0].request
    return reply.is_missing and bound is not None and bool(Request.from_document(bound).parts)
