"""The Virtuous endpoints a sync of contacts uses."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.responses import Response

from sync_pipeline.sandbox.answers import empty_answer, json_answer, message_answer, unbound_answer, virtuous_error
from sync_pipeline.sandbox.contact_rules import BIRTH_AND_GENDER, Problem, problems
from sync_pipeline.sandbox.contact_shape import full_contact
from sync_pipeline.sandbox.contact_store import Contact
from sync_pipeline.sandbox.gate import VIRTUOUS, Call
from sync_pipeline.sandbox.organizations import VirtuousOrganization

VirtuousCall = Call[VirtuousOrganization]
_MODEL = "unmatchedContactsBindingModel"


def current_organization(call: VirtuousCall) -> Response:
    settings = call.organization.settings
    return json_answer(
        {
            "organizationUserId": settings.organization_user_id,
            "organizationName": settings.name,
            "organizationTimeZone": settings.time_zone,
            "organizationCulture": settings.culture,
            "currentUserTimeZone": settings.time_zone,
            "isAdministrator": settings.administrator,
            "isEnabled": settings.enabled,
        }
    )


def permissions(call: VirtuousCall) -> Response:
    """Documented in words only (module and action pairs with an allowed flag); a list of objects is our reading."""
    return json_answer(call.organization.settings.permissions)


def contact_transaction(call: VirtuousCall) -> Response:
    """200 with an empty body: held, and no more than that."""
    row = _decoded(call)
    if not isinstance(row, dict):
        return unbound_answer(_MODEL, "The body could not be read as a contact.")
    call.organization.books.rows_received += 1
    if found := problems(row):
        return _refused(call, call.organization.settings.validation_status, found)
    call.organization.accept([row], call.now)
    return empty_answer()


def contact_batch(call: VirtuousCall) -> Response:
    """All or nothing; a refusal names no row."""
    body = _decoded(call)
    if not isinstance(body, dict):
        return unbound_answer(_MODEL, "The body could not be read.")
    contacts, settings = body.get("contacts"), call.organization.settings
    if contacts is None:
        return message_answer(400, "Value cannot be null. Parameter name: contacts")
    if not _are_rows(contacts):
        return unbound_answer(f"{_MODEL}.contacts", "The value is not an array of contacts.")
    call.organization.books.rows_received += len(contacts)
    if len(contacts) > settings.batch_max:
        return virtuous_error(413, "PAYLOAD_TOO_LARGE", "Too many contacts.", shape=settings.error_body)
    rows = [row | {"referenceSource": body.get("referenceSource")} for row in contacts]
    if any(problems(row) for row in rows):
        return _refused(call, 400, [])
    without = BIRTH_AND_GENDER if settings.batch_ignores_birth_and_gender else ()
    call.organization.accept(rows, call.now, without=without)
    return empty_answer()


def contact_by_reference(call: VirtuousCall) -> Response:
    parts = call.request.path_params
    return _contact(call.organization.store.find(parts["referenceSource"], parts["referenceId"]))


def contact_by_id(call: VirtuousCall) -> Response:
    return _contact(call.organization.store.contacts.get(call.request.path_params["contactId"]))


def find_contact(call: VirtuousCall) -> Response:
    """The reference wins if an e-mail is given too."""
    asked, store = call.request.query_params, call.organization.store
    if "referenceId" in asked:
        return _contact(store.find(asked.get("referenceSource", ""), asked["referenceId"]))
    return _contact(store.find_by_email(asked.get("email", "")))


def unknown_path(call: VirtuousCall) -> Response:
    return message_answer(404, f"No HTTP resource was found that matches the request URI '{call.request.url.path}'.")


def permitted(action: str, endpoint: Callable[[VirtuousCall], Response]) -> Callable[[VirtuousCall], Response]:
    """403 for a key that may not do `action` to contacts, and for a disabled organization."""

    def checked(call: VirtuousCall) -> Response:
        settings = call.organization.settings
        if settings.enabled and settings.allows("Contact", action):
            return endpoint(call)
        return virtuous_error(403, "FORBIDDEN", "This key may not do that.", shape=settings.error_body)

    return checked


ROUTES = [
    VIRTUOUS.route("GET", "/api/Organization/Current", current_organization),
    VIRTUOUS.route("GET", "/api/Permission", permissions),
    VIRTUOUS.route("POST", "/api/Contact/Transaction", permitted("Create", contact_transaction)),
    VIRTUOUS.route("POST", "/api/Contact/Batch", permitted("Create", contact_batch)),
    VIRTUOUS.route("GET", "/api/Contact/Find", permitted("Read", find_contact)),
    VIRTUOUS.route("GET", "/api/Contact/{contactId:int}", permitted("Read", contact_by_id)),
    VIRTUOUS.route("GET", "/api/Contact/{referenceSource}/{referenceId}", permitted("Read", contact_by_reference)),
    VIRTUOUS.everything_else("/api/{rest:path}", unknown_path),
]


def _decoded(call: VirtuousCall) -> Any:
    try:
        return msgspec.json.decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _are_rows(contacts: object) -> bool:
    return isinstance(contacts, list) and all(isinstance(row, dict) for row in contacts)


def _refused(call: VirtuousCall, status: int, found: list[Problem]) -> Response:
    shape = call.organization.settings.error_body
    return virtuous_error(status, "VALIDATION_FAILED", "The request is not valid.", found, shape=shape)


def _contact(contact: Contact | None) -> Response:
    return json_answer(full_contact(contact)) if contact else empty_answer(404)
