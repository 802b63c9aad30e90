"""`POST /api/Volunteer/Query` and `/VolunteerOpportunity/Query`. What they can be asked was never recorded."""

from collections.abc import Callable

from starlette.responses import Response

from sync_pipeline.sandbox.endpoint import VirtuousCall, listed
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.query_endpoint import language, options_answer, query_body, query_page
from sync_pipeline.sandbox.query_parameters import Parameter
from sync_pipeline.sandbox.volunteer_shape import opportunity_document, volunteer_document
from sync_pipeline.sandbox.volunteer_store import Opportunity, Volunteer
from sync_pipeline.sandbox.volunteers import volunteer_module

_OPPORTUNITY: list[Parameter[Opportunity]] = [
    Parameter("Volunteer Opportunity Id", "Int", lambda one: one.opportunity_id),
    Parameter("Name", "String", lambda one: one.name),
    Parameter("Create Date", "Date", lambda one: one.created_at),
    Parameter("Last Modified Date", "Date", lambda one: one.modified_at),
]
_OPPORTUNITY_SORTS: dict[str, Callable[[Opportunity], int]] = {"Id": lambda one: one.opportunity_id}
_VOLUNTEER_SORTS: dict[str, Callable[[Volunteer], int]] = {"Id": lambda one: one.volunteer_id}


def opportunity_options(call: VirtuousCall) -> Response:
    return options_answer(call, _OPPORTUNITY)


def query_opportunities(call: VirtuousCall) -> Response:
    page, asked = query_page(call), language(call, _OPPORTUNITY, _OPPORTUNITY_SORTS)
    known = call.organization.volunteers.opportunities.values()
    return listed(asked.select(query_body(call), known), page, opportunity_document)


def volunteer_options(call: VirtuousCall) -> Response:
    return options_answer(call, _volunteer_parameters(call))


def query_volunteers(call: VirtuousCall) -> Response:
    contacts = call.organization.store.contacts
    page, asked = query_page(call), language(call, _volunteer_parameters(call), _VOLUNTEER_SORTS)
    found = asked.select(query_body(call), call.organization.volunteers.volunteers())
    return listed(found, page, lambda one: volunteer_document(one, contacts[one.contact_id]))


def _volunteer_parameters(call: VirtuousCall) -> list[Parameter[Volunteer]]:
    contacts, known = call.organization.store.contacts, call.organization.volunteers.opportunities
    return [
        Parameter("Volunteer Id", "Int", lambda one: one.volunteer_id),
        Parameter("Volunteer Opportunity Id", "Int", lambda one: one.opportunity_id),
        Parameter("Volunteer Opportunity Name", "String", lambda one: known[one.opportunity_id].name),
        Parameter("Contact Id", "Int", lambda one: one.contact_id),
        Parameter("Contact Individual Id", "Int", lambda one: one.individual_id),
        Parameter("Email Address", "String", lambda one: contacts[one.contact_id].email, optional=True),
        Parameter("Create Date", "Date", lambda one: one.created_at),
    ]


ROUTES = [
    VIRTUOUS.route("GET", "/api/VolunteerOpportunity/QueryOptions", volunteer_module("Read", opportunity_options)),
    VIRTUOUS.route("POST", "/api/VolunteerOpportunity/Query", volunteer_module("Read", query_opportunities)),
    VIRTUOUS.route("GET", "/api/Volunteer/QueryOptions", volunteer_module("Read", volunteer_options)),
    VIRTUOUS.route("POST", "/api/Volunteer/Query", volunteer_module("Read", query_volunteers)),
]
