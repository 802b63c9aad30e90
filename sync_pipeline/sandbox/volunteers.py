"""The endpoints of opportunities and of the people signed up for them."""

from starlette.responses import Response

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.endpoint import (
    Endpoint,
    Json,
    VirtuousCall,
    deleted,
    listed,
    object_body,
    page_of,
    path_id,
    permitted,
    where,
)
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.refusal import NotFound, Problem, Refusal
from sync_pipeline.sandbox.volunteer_shape import (
    OPPORTUNITY_FIELDS,
    opportunity_document,
    read_opportunity,
    volunteer_document,
)
from sync_pipeline.sandbox.volunteer_store import Opportunity, Volunteer

_SEARCHES = ("volunteerOpportunityId", "volunteerId", "contactId", "contactIndividualId")


def volunteer_module(action: str, endpoint: Endpoint) -> Endpoint:
    """Organizations without the volunteer product do not have these paths."""
    return where(lambda settings: settings.volunteers_enabled, permitted("Volunteer", action, endpoint))


def opportunities(call: VirtuousCall) -> Response:
    wanted = call.request.query_params.get("filter", "").strip().casefold()
    known = call.organization.volunteers.opportunities.values()
    return listed([one for one in known if wanted in one.name.casefold()], page_of(call), opportunity_document)


def create_opportunity(call: VirtuousCall) -> Response:
    """Without an external reference nothing keeps a second one of the same name away."""
    return json_answer(opportunity_document(call.organization.volunteers.offer(_row(call), call.now)))


def opportunity_by_id(call: VirtuousCall) -> Response:
    return json_answer(opportunity_document(opportunity_of(call)))


def replace_opportunity(call: VirtuousCall) -> Response:
    opportunity = opportunity_of(call)
    opportunity.row = _row(call)
    opportunity.modified_at = call.now
    return json_answer(opportunity_document(opportunity))


def delete_opportunity(call: VirtuousCall) -> Response:
    opportunity = opportunity_of(call)
    if opportunity.volunteers:
        raise Refusal(status=400, message="People are signed up for this opportunity.")
    del call.organization.volunteers.opportunities[opportunity.opportunity_id]
    return deleted(call)


def sign_up(call: VirtuousCall) -> Response:
    """An individual is asked for, not a contact."""
    opportunity, organization = opportunity_of(call), call.organization
    individual_id = object_body(call).get("contactIndividualId")
    contact = organization.store.of_individual(individual_id)
    if contact is None or not isinstance(individual_id, int):
        raise Refusal(Problem("contactIndividualId", "UNKNOWN", "There is no such individual."))
    known = any(one.individual_id == individual_id for one in opportunity.volunteers.values())
    if known and organization.settings.repeated_volunteer == "refused":
        raise Refusal(status=409, message="This person is signed up already.")
    return json_answer(_document(call, organization.volunteers.sign_up(opportunity, contact, individual_id, call.now)))


def volunteers_of_opportunity(call: VirtuousCall) -> Response:
    volunteers = list(opportunity_of(call).volunteers.values())
    return listed(volunteers, page_of(call), lambda one: _document(call, one))


def volunteer_by_id(call: VirtuousCall) -> Response:
    return json_answer(_document(call, volunteer_of(call)))


def search_volunteers(call: VirtuousCall) -> Response:
    """Everything asked for must hold; nothing asked for finds everybody."""
    asked = {name: call.request.query_params[name] for name in _SEARCHES if name in call.request.query_params}
    if not all(value.isdigit() for value in asked.values()):
        raise Refusal(*(Problem(name, "INVALID_TYPE", "An id is a whole number.") for name in asked), status=400)
    email = call.request.query_params.get("emailAddress", "").lower()
    contacts = call.organization.store.contacts
    found = [
        one
        for one in call.organization.volunteers.volunteers()
        if all(_searched(one)[name] == int(value) for name, value in asked.items())
        and email in {"", contacts[one.contact_id].email}
    ]
    return listed(found, page_of(call), lambda one: _document(call, one))


def opportunity_of(call: VirtuousCall) -> Opportunity:
    opportunity = call.organization.volunteers.opportunities.get(path_id(call, "volunteerOpportunityId"))
    if opportunity is None:
        raise NotFound
    return opportunity


def volunteer_of(call: VirtuousCall) -> Volunteer:
    volunteer = opportunity_of(call).volunteers.get(path_id(call, "volunteerId"))
    if volunteer is None:
        raise NotFound
    return volunteer


def _row(call: VirtuousCall) -> Json:
    body = object_body(call)
    unknown = (name for name in body if name not in OPPORTUNITY_FIELDS)
    call.organization.books.unknown_fields.update(f"opportunity.{name}" for name in unknown)
    return read_opportunity(body)


def _searched(volunteer: Volunteer) -> dict[str, int]:
    ids = (volunteer.opportunity_id, volunteer.volunteer_id, volunteer.contact_id, volunteer.individual_id)
    return dict(zip(_SEARCHES, ids, strict=True))


def _document(call: VirtuousCall, volunteer: Volunteer) -> Json:
    return volunteer_document(volunteer, call.organization.store.contacts[volunteer.contact_id])


_LIST = "/api/VolunteerOpportunity"
_ONE = f"{_LIST}/{{volunteerOpportunityId:int}}"
ROUTES = [
    VIRTUOUS.route("GET", _LIST, volunteer_module("Read", opportunities)),
    VIRTUOUS.route("POST", _LIST, volunteer_module("Create", create_opportunity)),
    VIRTUOUS.route("GET", _ONE, volunteer_module("Read", opportunity_by_id)),
    VIRTUOUS.route("PUT", _ONE, volunteer_module("Update", replace_opportunity)),
    VIRTUOUS.route("DELETE", _ONE, volunteer_module("Delete", delete_opportunity)),
    VIRTUOUS.route("GET", f"{_ONE}/Volunteers", volunteer_module("Read", volunteers_of_opportunity)),
    VIRTUOUS.route("POST", f"{_ONE}/Volunteers", volunteer_module("Create", sign_up)),
    VIRTUOUS.route("GET", f"{_ONE}/Volunteers/{{volunteerId:int}}", volunteer_module("Read", volunteer_by_id)),
    VIRTUOUS.route("GET", "/api/Volunteer/Search", volunteer_module("Read", search_volunteers)),
]
