"""The note endpoints."""

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
    sorted_by,
    where,
)
from sync_pipeline.sandbox.gate import VIRTUOUS
from sync_pipeline.sandbox.moments import Calendar, display_day, read_day
from sync_pipeline.sandbox.note_store import Note
from sync_pipeline.sandbox.refusal import NotFound, Problem, Refusal

# Recorded as an object map with these keys.
_TYPES = {
    "general": "General",
    "call": "Call",
    "text Message": "Text Message",
    "letter": "Letter",
    "direct Mail": "Direct Mail",
    "social Media": "Social Media",
    "email": "Email",
    "in Person": "In Person",
    "event": "Event",
    "alert": "Alert",
    "thank You": "Thank You",
}
_TEXTS = ("type", "note", "noteDateTime")
_FLAGS = ("important", "private")
_SORTS = {"Id": lambda note: note.note_id, "CreatedDate": lambda note: note.created_at}


def create_note(call: VirtuousCall) -> Response:
    contact, row = _checked(call, object_body(call))
    return _answer(call, call.organization.notes.add(contact, row, call.now))


def create_notes(call: VirtuousCall) -> Response:
    """All or nothing: no body of this call is documented, so nothing is said about a row."""
    checked = [_checked(call, row) for row in rows_body(call)]
    for contact, row in checked:
        call.organization.notes.add(contact, row, call.now)
    return empty_answer()


def note_by_id(call: VirtuousCall) -> Response:
    return _answer(call, _note(call))


def replace_note(call: VirtuousCall) -> Response:
    """The contact of a note stays: the documented body of a change has none."""
    note, body = _note(call), object_body(call)
    note.row = _row(call, body)
    return _answer(call, note)


def delete_note(call: VirtuousCall) -> Response:
    call.organization.notes.delete(_note(call))
    return deleted(call)


def notes_of_contact(call: VirtuousCall) -> Response:
    calendar = call.organization.calendar(call.now)
    notes = call.organization.notes.of_contact(path_id(call, "contactId"))
    return listed(sorted_by(call, notes, _SORTS), page_of(call), lambda note: _shape(note, calendar))


def note_types(call: VirtuousCall) -> Response:
    del call
    return json_answer(_TYPES)


def _checked(call: VirtuousCall, body: Json) -> tuple[Contact, Json]:
    contact = call.organization.store.current(body.get("contactId"))
    if contact is None:
        raise Refusal(Problem("contactId", "UNKNOWN", "There is no such contact."))
    return contact, _row(call, body)


def _row(call: VirtuousCall, body: Json) -> Json:
    wrong = [name for name in _TEXTS if not isinstance(body.get(name), str | None)]
    wrong += [name for name in _FLAGS if not isinstance(body.get(name), bool | None)]
    if wrong:
        raise Refusal(*(Problem(name, "INVALID_TYPE", f"{name} is of the wrong type.") for name in wrong))
    known = {"contactId", "timeSpent", *_TEXTS, *_FLAGS}
    call.organization.books.unknown_fields.update(f"note.{name}" for name in body if name not in known)
    return {name: value for name, value in body.items() if name in known and name != "contactId"}


def _note(call: VirtuousCall) -> Note:
    note = call.organization.notes.notes.get(path_id(call, "noteId"))
    if note is None:
        raise NotFound
    return note


def _answer(call: VirtuousCall, note: Note) -> Response:
    return json_answer(_shape(note, call.organization.calendar(call.now)))


def _shape(note: Note, calendar: Calendar) -> Json:
    """The recorded row: it names no contact, and its one date is a day as people write it."""
    return {
        "id": note.note_id,
        "createdDate": display_day(read_day(note.row.get("noteDateTime")) or calendar.day(note.created_at)),
        "createdBy": "Sandbox User",
        "createdByAvatarUrl": "",
        "type": note.row.get("type") or "General",
        "note": note.text,
        "important": note.row.get("important") or False,
        "isPrivate": note.row.get("private") or False,
        "binaryPath": None,
        "reminder": None,
    }


_BULK = where(lambda settings: settings.bulk_notes, permitted("ContactNote", "Create", create_notes))
ROUTES = [
    VIRTUOUS.route("POST", "/api/ContactNote", permitted("ContactNote", "Create", create_note)),
    VIRTUOUS.route("POST", "/api/ContactNote/Bulk", _BULK),
    VIRTUOUS.route("GET", "/api/ContactNote/Types", permitted("ContactNote", "Read", note_types)),
    VIRTUOUS.route(
        "GET", "/api/ContactNote/ByContact/{contactId:int}", permitted("ContactNote", "Read", notes_of_contact)
    ),
    VIRTUOUS.route("GET", "/api/ContactNote/{noteId:int}", permitted("ContactNote", "Read", note_by_id)),
    VIRTUOUS.route("PUT", "/api/ContactNote/{noteId:int}", permitted("ContactNote", "Update", replace_note)),
    VIRTUOUS.route("DELETE", "/api/ContactNote/{noteId:int}", permitted("ContactNote", "Delete", delete_note)),
]
