"""Attendances: a person is signed up for the opportunity first; then hours are recorded, corrected and removed."""

from collections import defaultdict
from collections.abc import Sequence

from sync_pipeline.domain.change import Action
from sync_pipeline.domain.crm import volunteers
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import WaitingOperation
from sync_pipeline.domain.request import Request
from sync_pipeline.stages.applied_ledger.binding.desk import Desk, itself
from sync_pipeline.stages.applied_ledger.looking import Absence

VIRTUOUS = "virtuous"  # sign-ups are known by Virtuous' own ids: no record of a source stands for one


async def bind_attendances(desk: Desk, operations: Sequence[WaitingOperation]) -> None:
    known = desk.known([itself(operation) for operation in operations])
    saves = [operation for operation in operations if operation.action == Action.SAVE]
    for operation in operations:
        if operation.action == Action.REMOVE:
            _remove(desk, operation, known.get(itself(operation)))
    people = await desk.contact_ids.find({_contact(operation) for operation in saves})
    opportunities = desk.known([_opportunity(operation) for operation in saves])
    ready: list[tuple[WaitingOperation, int, int]] = []
    for operation in saves:
        person, opportunity = people.get(_contact(operation)), opportunities.get(_opportunity(operation))
        if person is None:
            desk.wait(operation, _contact(operation))
        elif person.part_id is None:
            # Several people, none of them clearly this one: it goes on once staff have mended the names.
            desk.wait(operation, Need("individual", *operation.payload["contact"]))
        elif opportunity is None:
            desk.wait(operation, _opportunity(operation))
        else:
            ready.append((operation, opportunity.crm_id, person.part_id))
    await _bind_hours(desk, ready, known)


async def _bind_hours(desk: Desk, ready: Sequence[tuple[WaitingOperation, int, int]], known: dict[Need, CrmId]) -> None:
    signed_up, unreadable = await _volunteers(desk, {_sign_up(where, person) for _, where, person in ready})
    sign_ups: dict[Need, Request] = {}
    for operation, opportunity_id, individual_id in ready:
        need = _sign_up(opportunity_id, individual_id)
        hours, there = operation.payload["attendance"], known.get(itself(operation))
        if need not in signed_up and opportunity_id in unreadable:
            desk.wait(operation, need)
        elif need not in signed_up:
            sign_ups[need] = volunteers.sign_up(opportunity_id, individual_id)
            desk.wait(operation, need)
        elif operation.may_be_there and not operation.payload["replaces"]:
            alike = [one for one, *where in ready if where == [opportunity_id, individual_id] and one is not operation]
            await _adopt(desk, operation, volunteers.record_hours(opportunity_id, signed_up[need].crm_id, hours), alike)
        elif not operation.payload["replaces"]:
            desk.bind(operation, volunteers.record_hours(opportunity_id, signed_up[need].crm_id, hours))
        elif there is not None:
            await _correct(desk, operation, there, opportunity_id, signed_up[need].crm_id)
        else:
            await _correct_unknown(desk, operation, opportunity_id, signed_up[need].crm_id)
    desk.context.waiting.plan_sign_ups(sign_ups)


async def _volunteers(desk: Desk, needs: set[Need]) -> tuple[dict[Need, CrmId], set[int]]:
    """The sign-ups that are there, and the opportunities whose lists cannot be read.

    One list per opportunity finds all that are not known yet.
    """
    found = desk.known(sorted(needs))
    missing: defaultdict[int, set[int]] = defaultdict(set)
    for need in needs - found.keys():
        opportunity_id, individual_id = map(int, need.reference.split("/"))
        missing[opportunity_id].add(individual_id)
    unreadable: set[int] = set()
    for opportunity_id, people in sorted(missing.items()):
        there = await desk.looking.volunteers(opportunity_id)
        if there is None:
            unreadable.add(opportunity_id)
            continue
        new = {_sign_up(opportunity_id, person): CrmId(there[person]) for person in people & there.keys()}
        desk.context.crm_ids.remember(desk.context.keeper.lease, new)
        found |= new
    return found, unreadable


async def _adopt(
    desk: Desk, operation: WaitingOperation, recording: Request, alike: Sequence[WaitingOperation]
) -> None:
    """Nobody remembers whether these hours were recorded: they are, only if the person has none that begin then."""
    hours = operation.payload["attendance"]
    finding = await desk.looking.hours_given(recording, [one.payload["attendance"] for one in alike])
    if finding == Absence.SEEN:
        desk.bind(operation, recording)
    elif isinstance(finding, Absence):
        desk.wait(operation, itself(operation))
    elif finding[1]:
        desk.found(operation, finding[0])
    else:
        desk.remember(operation, finding[0])
        opportunity_id = int(recording.parts["volunteerOpportunityId"])
        desk.bind(operation, volunteers.correct_hours(opportunity_id, finding[0].crm_id, hours))
    desk.settle()  # the next one that begins then must know that these are taken


async def _correct(
    desk: Desk, operation: WaitingOperation, there: CrmId, opportunity_id: int, volunteer_id: int
) -> None:
    """The endpoint corrects hours of the same person at the same opportunity, no others."""
    reply = await desk.looking.ask(volunteers.attendances(opportunity_id, volunteer_id))
    theirs = volunteers.ids_of(reply.document) if reply.is_accepted else None
    if theirs is None:
        desk.wait(operation, itself(operation))
    elif there.crm_id in theirs:
        desk.bind(operation, volunteers.correct_hours(opportunity_id, there.crm_id, operation.payload["attendance"]))
    else:
        desk.review(
            operation,
            "the hours are not there any more, or are another person's or opportunity's: mend them in Virtuous by hand",
        )


async def _correct_unknown(desk: Desk, operation: WaitingOperation, opportunity_id: int, volunteer_id: int) -> None:
    """Virtuous never told the id of these hours: they are found by their start, if that did not change."""
    request = volunteers.record_hours(opportunity_id, volunteer_id, operation.payload["attendance"])
    finding = await desk.looking.attendance(request, ())
    if isinstance(finding, CrmId):
        desk.bind(operation, volunteers.correct_hours(opportunity_id, finding.crm_id, operation.payload["attendance"]))
    elif finding == Absence.SEEN:
        desk.review(operation, "the hours cannot be found in Virtuous: correct them there by hand")
    else:
        desk.wait(operation, itself(operation))


def _remove(desk: Desk, operation: WaitingOperation, there: CrmId | None) -> None:
    if there is None or there.part_id is None:
        desk.review(operation, "Virtuous never told the id of these hours: remove them there by hand")
    else:
        desk.bind(operation, volunteers.remove_hours(there.part_id, there.crm_id))


def _sign_up(opportunity_id: int, individual_id: int) -> Need:
    return Need("volunteer", VIRTUOUS, f"{opportunity_id}/{individual_id}")


def _contact(operation: WaitingOperation) -> Need:
    return Need("contact", *operation.payload["contact"])


def _opportunity(operation: WaitingOperation) -> Need:
    return Need("opportunity", *operation.payload["opportunity"])
