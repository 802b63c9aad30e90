"""Notes: created on the contact once it is there; a later version replaces the text of the same note."""

from collections.abc import Sequence

from sync_pipeline.domain.crm import notes
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import WaitingOperation
from sync_pipeline.domain.records.note import note_mark
from sync_pipeline.stages.applied_ledger.binding.desk import Desk, itself
from sync_pipeline.stages.applied_ledger.looking import Absence


async def bind_notes(desk: Desk, operations: Sequence[WaitingOperation]) -> None:
    people = await desk.contact_ids.find({_contact(operation) for operation in operations})
    known = desk.known([itself(operation) for operation in operations if operation.payload["replaces"]])
    for operation in operations:
        person = people.get(_contact(operation))
        if person is None:
            desk.wait(operation, _contact(operation))
        elif operation.payload["replaces"]:
            await _replace(desk, operation, person, known.get(itself(operation)))
        elif operation.may_be_there:
            await _adopt(desk, operation, person)
        else:
            desk.bind(operation, notes.create(person.crm_id, operation.payload["note"]))


async def _adopt(desk: Desk, operation: WaitingOperation, person: CrmId) -> None:
    """Nobody remembers whether this note was written: only what is not there is created."""
    note = operation.payload["note"]
    mark = note_mark(operation.reference_source, operation.reference_id)
    finding = await desk.looking.marked_note(person.crm_id, mark)
    if finding == Absence.SEEN:
        desk.bind(operation, notes.create(person.crm_id, note))
    elif isinstance(finding, Absence):
        desk.wait(operation, itself(operation))
    elif finding.says(note["note"]):
        desk.found(operation, CrmId(finding.note_id, person.crm_id))
    else:
        desk.remember(operation, CrmId(finding.note_id, person.crm_id))
        desk.bind(operation, notes.replace(finding.note_id, person.crm_id, note))


async def _replace(desk: Desk, operation: WaitingOperation, person: CrmId, note: CrmId | None) -> None:
    finding = note or await desk.looking.note(
        person.crm_id, note_mark(operation.reference_source, operation.reference_id)
    )
    if isinstance(finding, CrmId):
        desk.bind(operation, notes.replace(finding.crm_id, person.crm_id, operation.payload["note"]))
    elif finding == Absence.SEEN:
        desk.review(operation, "the note is not in Virtuous any more; it is not created again")
    else:
        desk.wait(operation, itself(operation))


def _contact(operation: WaitingOperation) -> Need:
    return Need("contact", *operation.payload["contact"])
