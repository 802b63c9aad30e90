"""The tag endpoints: definitions, and the joins that put them on contacts."""

from starlette.responses import Response

from sync_pipeline.sandbox.answers import empty_answer, json_answer
from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.endpoint import (
    Json,
    VirtuousCall,
    deleted,
    listed,
    object_body,
    page_of,
    path_id,
    permitted,
    rows_body,
    where,
)
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.refusal import NotFound, Problem, Refusal


def tag_definitions(call: VirtuousCall) -> Response:
    return _definitions(call, "")


def search_tags(call: VirtuousCall) -> Response:
    """The body was not recorded; `search` is what the search of contacts takes."""
    return _definitions(call, str(object_body(call).get("search") or ""))


def tags_of_contact(call: VirtuousCall) -> Response:
    """Documented nowhere beyond its path; a wrapped list of joins is our reading."""
    contact = call.organization.store.contacts.get(path_id(call, "contactId"))
    tags = list(contact.tags) if contact else []
    return listed(tags, page_of(call), lambda name: _join(call, contact, name) if contact else {})


def add_contact_tag(call: VirtuousCall) -> Response:
    """A tag that the contact has already stays as it is: what happens then is not documented."""
    contact, name = _checked(call, object_body(call))
    call.organization.store.add_tag(contact, name, call.now)
    return json_answer(_join(call, contact, name))


def add_contact_tags(call: VirtuousCall) -> Response:
    """All or nothing: no body of this call is documented."""
    for contact, name in [_checked(call, row) for row in rows_body(call)]:
        call.organization.store.add_tag(contact, name, call.now)
    return empty_answer()


def remove_contact_tag(call: VirtuousCall) -> Response:
    contact = call.organization.store.tags.remove(path_id(call, "contactTagId"))
    if contact is None:
        raise NotFound
    contact.modified_at = call.now
    return deleted(call)


def _definitions(call: VirtuousCall, search: str) -> Response:
    known = call.organization.store.tags.definitions
    names = [name for name in known if search.lower() in name.lower()]
    return listed(names, page_of(call), lambda name: _definition(name, known[name]))


def _definition(name: str, tag_id: int) -> Json:
    url = f"/api/Contact/ByTag/{tag_id}"
    return {"id": tag_id, "tagName": name, "tagGroupName": "General", "contactsByTagUrl": url}


def _checked(call: VirtuousCall, body: Json) -> tuple[Contact, str]:
    store = call.organization.store
    contact, name = store.current(body.get("contactId")), store.tags.name_of(body.get("tagId"))
    if contact is None:
        raise Refusal(Problem("contactId", "UNKNOWN", "There is no such contact."))
    if name is None:
        raise Refusal(Problem("tagId", "UNKNOWN", "There is no such tag."))
    return contact, name


def _join(call: VirtuousCall, contact: Contact, name: str) -> Json:
    tag_id = call.organization.store.tags.definitions[name]
    return {"id": contact.tags[name], "tagId": tag_id, "tagName": name, "contactId": contact.contact_id}


_BULK = where(lambda settings: settings.bulk_tags, permitted("Tag", "Create", add_contact_tags))
ROUTES = [
    VIRTUOUS.route("GET", "/api/Tag", permitted("Tag", "Read", tag_definitions)),
    VIRTUOUS.route("POST", "/api/Tag/Search", permitted("Tag", "Read", search_tags)),
    VIRTUOUS.route("POST", "/api/Tag/Bulk", _BULK),
    VIRTUOUS.route("POST", "/api/ContactTag", permitted("Tag", "Create", add_contact_tag)),
    VIRTUOUS.route("GET", "/api/ContactTag/ByContact/{contactId:int}", permitted("Tag", "Read", tags_of_contact)),
    VIRTUOUS.route("DELETE", "/api/ContactTag/{contactTagId:int}", permitted("Tag", "Delete", remove_contact_tag)),
]
