"""Direct calls about a contact: archive, bring back, and tags that a transaction cannot take away."""

from collections.abc import Sequence
from dataclasses import replace

from sync_pipeline.domain.change import Action
from sync_pipeline.domain.contact import SEPARATOR
from sync_pipeline.domain.crm import contacts, tags
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import WaitingOperation
from sync_pipeline.domain.request import Request
from sync_pipeline.stages.applied_ledger.binding.desk import Desk, itself


async def bind_contact_calls(desk: Desk, operations: Sequence[WaitingOperation]) -> None:
    people = await desk.contact_ids.find({itself(operation) for operation in operations})
    in_bulk = desk.context.customer.destination.bulk.tags and any(map(_adds_tags, operations))
    definitions = await _definitions(desk) if in_bulk else {}
    for operation in operations:
        person = people.get(itself(operation))
        if person is None:
            desk.wait(operation, itself(operation))
        elif operation.action == Action.ARCHIVE:
            desk.bind(operation, contacts.archive(person.crm_id, operation.payload["reason"]))
        elif operation.action == Action.UNARCHIVE:
            desk.bind(operation, contacts.unarchive(person.crm_id))
        else:
            await _bind_tags(desk, operation, person, definitions)


async def _bind_tags(desk: Desk, operation: WaitingOperation, person: CrmId, definitions: dict[str, int]) -> None:
    """Remove what is ours and not wanted any more, add what is missing; nothing where it is so already."""
    reply = await desk.looking.ask(tags.of_contact(person.crm_id))
    there = tags.read_contact_tags(reply.document) if reply.is_accepted else None
    if there is None:
        desk.wait(operation, itself(operation))
        return
    wanted = {tag for tag in str(operation.payload["tags"]).split(SEPARATOR) if tag}
    prefix = operation.payload["prefix"]
    surplus = [tag for tag in there if prefix and tag.name.startswith(prefix) and tag.name not in wanted]
    missing = wanted - {tag.name for tag in there} if _adds_tags(operation) else set()
    calls = [tags.remove(tag.join_id) for tag in surplus]
    if missing and missing <= definitions.keys():
        calls.append(tags.bulk([tags.pair(definitions[name], person.crm_id) for name in sorted(missing)]))
    elif missing:  # only an import can define a tag, and where there is no bulk call, only it adds one
        calls.append(contacts.transaction(operation.reference_source, operation.payload["transaction"]))
    if calls:
        desk.bind(operation, in_turn(calls))
    else:
        desk.found(operation, person)


def in_turn(calls: Sequence[Request]) -> Request:
    """One request that the others follow.

    What is followed cannot travel with other operations' rows: removals come first, their endpoint takes one at a time.
    """
    return replace(calls[0], followers=tuple(calls[1:]))


def _adds_tags(operation: WaitingOperation) -> bool:
    """A transaction adds them otherwise."""
    return operation.action == Action.TAG and operation.payload["transaction"] is not None


async def _definitions(desk: Desk) -> dict[str, int]:
    """The tags that the organization knows, by name."""
    found: dict[str, int] = {}
    skip = 0
    while True:
        reply = await desk.looking.ask(tags.definitions(skip))
        page = tags.read_definitions(reply.document) if reply.is_accepted else None
        if not page:
            return found
        found |= page
        skip += tags.LARGEST_PAGE
