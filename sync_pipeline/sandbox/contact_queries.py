"""`POST /api/Contact/Query` and what it can be asked (parameters as recorded in 2017, plus Last Modified Date)."""

from collections.abc import Callable

from starlette.responses import Response

from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.contact_rules import ADDRESS_FIELDS
from sync_pipeline.sandbox.contact_shape import full_contact
from sync_pipeline.sandbox.endpoint import Json, VirtuousCall, listed, permitted
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.query_endpoint import language, options_answer, query_body, query_page
from sync_pipeline.sandbox.query_parameters import Parameter

_PARAMETERS: list[Parameter[Contact]] = [
    Parameter("Contact Id", "Int", lambda contact: contact.contact_id),
    Parameter("Contact Name", "String", lambda contact: contact.name),
    Parameter("Contact Type", "List", lambda contact: contact.fields.get("contactType")),
    Parameter("Create Date", "Date", lambda contact: contact.created_at),
    Parameter("Private", "Boolean", lambda _: False),
    Parameter("First Name", "String", lambda contact: contact.fields.get("firstName")),
    Parameter("Last Name", "String", lambda contact: contact.fields.get("lastName")),
    Parameter("Phone Number", "String", lambda contact: contact.fields.get("phone"), optional=True),
    Parameter("Email Address", "String", lambda contact: contact.email, optional=True),
    Parameter("Postal", "String", lambda contact: contact.fields.get("postal"), optional=True),
]
_MODIFIED = Parameter[Contact]("Last Modified Date", "Date", lambda contact: contact.modified_at)
_SORTS: dict[str, Callable[[Contact], int]] = {"Id": lambda contact: contact.contact_id}


def contact_options(call: VirtuousCall) -> Response:
    return options_answer(call, _parameters(call))


def query_contacts(call: VirtuousCall) -> Response:
    return _answer(call, short_contact)


def query_full_contacts(call: VirtuousCall) -> Response:
    settings = call.organization.settings
    return _answer(call, lambda contact: full_contact(contact, settings))


def short_contact(contact: Contact) -> Json:
    """A row of `POST /api/Contact/Query` (recorded): neither references nor a modified time."""
    fields = contact.fields
    return {
        "id": contact.contact_id,
        "name": contact.name,
        "contactType": fields.get("contactType"),
        "contactName": contact.name,
        "address": ", ".join(filter(None, (fields.get(name) for name in ADDRESS_FIELDS))),
        "email": fields.get("email") or "",
        "phone": fields.get("phone") or "",
        "contactViewUrl": f"/Generosity/Contact/View/{contact.contact_id}",
    }


def _answer(call: VirtuousCall, shape: Callable[[Contact], Json]) -> Response:
    page, body = query_page(call), query_body(call)
    hidden_too = body.get("includeArchived") is True
    contacts = call.organization.store.contacts.values()
    shown = [contact for contact in contacts if hidden_too or not contact.is_hidden]
    return listed(language(call, _parameters(call), _SORTS).select(body, shown), page, shape)


def _parameters(call: VirtuousCall) -> list[Parameter[Contact]]:
    has_modified = call.organization.settings.contact_query_modified
    return [*_PARAMETERS, _MODIFIED] if has_modified else _PARAMETERS


ROUTES = [
    VIRTUOUS.route("GET", "/api/Contact/QueryOptions", permitted("Contact", "Read", contact_options)),
    VIRTUOUS.route("POST", "/api/Contact/Query", permitted("Contact", "Read", query_contacts)),
    VIRTUOUS.route("POST", "/api/Contact/Query/FullContact", permitted("Contact", "Read", query_full_contacts)),
]
