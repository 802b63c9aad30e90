"""Notes: the documented bodies, and how our own are found again."""

from typing import Any

import pytest

from sync_pipeline.domain.crm import notes

NOTE = {"type": "General", "note": "Completed the form.\n[sync:VOMO/r-1]"}
MARK = "[sync:VOMO/r-1]"


def test_a_note_names_its_contact() -> None:
    request = notes.create(12, NOTE)
    assert request.endpoint == notes.CREATE == "POST /api/ContactNote"
    assert (request.body, request.documented) == ({"contactId": 12, **NOTE}, True)


def test_the_bulk_endpoint_takes_an_array_of_single_bodies() -> None:
    bodies = [{"contactId": 12, **NOTE}, {"contactId": 13, **NOTE}]
    request = notes.bulk(bodies)
    assert (request.endpoint, request.body) == (notes.BULK, bodies)


def test_a_later_version_puts_the_whole_note_again() -> None:
    request = notes.replace(5, 12, NOTE)
    assert (request.endpoint, request.parts) == ("PUT /api/ContactNote/{noteId}", {"noteId": 5})
    assert (request.body, request.documented) == ({"contactId": 12, **NOTE}, False)


def test_the_notes_of_a_contact_are_read_newest_first() -> None:
    request = notes.of_contact(12, 0, 100)
    assert request.endpoint == "GET /api/ContactNote/ByContact/{contactId}"
    assert request.query == {"sortBy": "Id", "descending": True, "skip": 0, "take": 100}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"list": [{"id": 3, "note": "another"}, {"id": 4, "note": NOTE["note"]}], "total": 2}, 4),
        ([{"id": "4", "note": NOTE["note"]}], 4),
        ([{"id": 4, "note": f"<p>{MARK}</p> edited by staff"}], 4),
        ([{"id": 4, "note": None}, {"id": 5}], None),
        ([{"id": 4, "note": "[sync:VOMO/r-12]"}], None),
        ({"message": "no"}, None),
        (None, None),
    ],
)
def test_a_note_is_found_by_its_mark(document: Any, found: int | None) -> None:
    note = notes.marked(document, MARK)
    assert (None if note is None else note.note_id) == found


def test_a_note_says_the_same_in_other_white_space() -> None:
    note = notes.MarkedNote(4, "Completed the form.\r\n[sync:VOMO/r-1] ")
    assert note.says("Completed the form.\n[sync:VOMO/r-1]")
    assert not note.says("Completed another form.\n[sync:VOMO/r-1]")
