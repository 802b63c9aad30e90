"""The contact endpoints: transactions, look-ups and archiving."""

from typing import Any

from starlette.responses import Response

from sync_pipeline.sandbox.answers import empty_answer, json_answer, message_answer, unbound_answer
from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.contact_rules import BIRTH_AND_GENDER, problems
from sync_pipeline.sandbox.contact_shape import full_contact
from sync_pipeline.sandbox.endpoint import VirtuousCall, are_rows, decoded, path_id, permitted
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.refusal import NotFound, Refusal

_MODEL = "unmatchedContactsBindingModel"


def contact_transaction(call: VirtuousCall) -> Response:
    """200 with an empty body: held, and no more than that."""
    row = decoded(call)
    if not isinstance(row, dict):
        return unbound_answer(_MODEL, "The body could not be read as a contact.")
    call.organization.books.rows_received += 1
    if found := problems(row, call.organization.settings.genders):
        raise Refusal(*found)
    call.organization.accept([row], call.now)
    return empty_answer()


def contact_batch(call: VirtuousCall) -> Response:
    """All or nothing; a refusal names no row."""
    body = decoded(call)
    if not isinstance(body, dict):
        return unbound_answer(_MODEL, "The body could not be read.")
    contacts, settings = body.get("contacts"), call.organization.settings
    if contacts is None:
        return message_answer(400, "Value cannot be null. Parameter name: contacts")
    if not are_rows(contacts):
        return unbound_answer(f"{_MODEL}.contacts", "The value is not an array of contacts.")
    call.organization.books.rows_received += len(contacts)
    if len(contacts) > settings.batch_max:
        raise Refusal(status=413, message="Too many contacts.")
    if settings.batch_times_out_above is not None and len(contacts) > settings.batch_times_out_above:
        raise Refusal(status=504, message="The gateway gave up waiting.")
    rows = [row | {"referenceSource": body.get("referenceSource")} for row in contacts]
    if any(problems(row, call.organization.settings.genders) for row in rows):
        raise Refusal(status=400)
    without = BIRTH_AND_GENDER if settings.batch_ignores_birth_and_gender else ()
    call.organization.accept(rows, call.now, without=without)
    return empty_answer()


def contact_by_reference(call: VirtuousCall) -> Response:
    parts = call.request.path_params
    return _answer(call, call.organization.store.find(parts["referenceSource"], parts["referenceId"]))


def contact_by_id(call: VirtuousCall) -> Response:
    """Whether a merged contact still answers by its id is not published."""
    contact = call.organization.store.contacts.get(path_id(call, "contactId"))
    is_gone = contact is not None and contact.merged_into is not None
    return _answer(call, None if is_gone and call.organization.settings.merged_contact == "missing" else contact)


def find_contact(call: VirtuousCall) -> Response:
    """The reference wins if an e-mail is given too."""
    asked, store = call.request.query_params, call.organization.store
    if "referenceId" in asked:
        return _answer(call, store.find(asked.get("referenceSource", ""), asked["referenceId"]))
    return _answer(call, store.find_by_email(asked.get("email", "")))


def archive_contact(call: VirtuousCall) -> Response:
    """The sources disagree about the body: `archiveReason`, `reason`, or nothing at all. All are taken."""
    body: Any = decoded(call)
    reason = (body.get("archiveReason") or body.get("reason")) if isinstance(body, dict) else None
    call.organization.archive(_known(call), str(reason) if reason else None, call.now)
    return empty_answer()


def unarchive_contact(call: VirtuousCall) -> Response:
    call.organization.unarchive(_known(call), call.now)
    return empty_answer()


def _known(call: VirtuousCall) -> Contact:
    contact = call.organization.store.contacts.get(path_id(call, "contactId"))
    if contact is None:
        raise NotFound
    return contact


def _answer(call: VirtuousCall, contact: Contact | None) -> Response:
    if contact is None:
        raise NotFound
    return json_answer(full_contact(contact, call.organization.settings))


ROUTES = [
    VIRTUOUS.route("POST", "/api/Contact/Transaction", permitted("Contact", "Create", contact_transaction)),
    VIRTUOUS.route("POST", "/api/Contact/Batch", permitted("Contact", "Create", contact_batch)),
    VIRTUOUS.route("GET", "/api/Contact/Find", permitted("Contact", "Read", find_contact)),
    VIRTUOUS.route("PUT", "/api/Contact/Archive/{contactId:int}", permitted("Contact", "Update", archive_contact)),
    VIRTUOUS.route("PUT", "/api/Contact/Unarchive/{contactId:int}", permitted("Contact", "Update", unarchive_contact)),
    VIRTUOUS.route("GET", "/api/Contact/{contactId:int}", permitted("Contact", "Read", contact_by_id)),
    VIRTUOUS.route(
        "GET", "/api/Contact/{referenceSource}/{referenceId}", permitted("Contact", "Read", contact_by_reference)
    ),
]
