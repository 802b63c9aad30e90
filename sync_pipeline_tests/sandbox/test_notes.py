"""Notes of contacts."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.records import NOTE, known_contact, read, staff, truth, write
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)


def note(contact_id: int, text: str = "Came by", **fields: Any) -> dict[str, Any]:
    return {"contactId": contact_id, "type": "Call", "note": text, "noteDateTime": "2026-05-20T09:00:00"} | fields


def test_a_note_answers_with_the_recorded_row(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox)

    made = sandbox.post(NOTE, note(contact_id, private=True)).json()

    assert made == {
        "id": made["id"],
        "createdDate": "5/20/2026",
        "createdBy": "Sandbox User",
        "createdByAvatarUrl": "",
        "type": "Call",
        "note": "Came by",
        "important": False,
        "isPrivate": True,
        "binaryPath": None,
        "reminder": None,
    }
    assert read(sandbox, f"{NOTE}/{made['id']}") == made
    assert truth(sandbox, "notes")[0] | {"id": 0} == note(contact_id, private=True) | {"id": 0}


def test_a_repeated_note_is_a_second_one_and_booked_by_contact_and_text(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox)
    for text in ("Came by", "Came by", "Called"):
        sandbox.post(NOTE, note(contact_id, text))

    books = sandbox.books()
    assert books["notes"] == {f"{contact_id}/Came by": 2, f"{contact_id}/Called": 1}
    assert (books["duplicate_notes"], books["duplicates"]) == (1, 0)


@pytest.mark.parametrize("contact_id", [None, 9, "1001", "nobody"])
def test_a_note_needs_a_known_contact(sandbox: SandboxClient, contact_id: Any) -> None:
    known_contact(sandbox)

    answer = sandbox.post(NOTE, {"contactId": contact_id, "note": "Came by"})

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "contactId")


def test_a_body_that_is_none_is_answered_as_recorded(sandbox: SandboxClient) -> None:
    nothing = sandbox.request("POST", NOTE, token=VIRTUOUS, content=b"")

    assert (nothing.status_code, set(nothing.json())) == (400, {"message"})
    assert set(sandbox.post(NOTE, [1]).json()) == {"message", "modelState"}


def test_notes_are_listed_by_contact_and_sorted(sandbox: SandboxClient) -> None:
    contact_id, other = known_contact(sandbox, "1"), known_contact(sandbox, "2")
    for number in range(12):
        sandbox.post(NOTE, note(contact_id, str(number)))
    sandbox.post(NOTE, note(other))
    path = f"{NOTE}/ByContact/{contact_id}"

    assert (len(read(sandbox, path)["list"]), read(sandbox, path)["total"]) == (10, 12)
    newest = read(sandbox, f"{path}?sortBy=Id&descending=true&skip=1&take=2")
    assert [one["note"] for one in newest["list"]] == ["10", "9"]
    assert read(sandbox, f"{NOTE}/ByContact/9") == {"list": [], "total": 0}


def test_a_note_is_replaced_and_deleted(sandbox: SandboxClient) -> None:
    path = f"{NOTE}/{sandbox.post(NOTE, note(known_contact(sandbox), important=True)).json()['id']}"

    assert write(sandbox, "PUT", path, {"note": "Corrected"}) == 200
    replaced = read(sandbox, path)
    assert (replaced["note"], replaced["type"], replaced["important"]) == ("Corrected", "General", False)
    assert write(sandbox, "PUT", path, {"note": 5}) == 400
    assert write(sandbox, "DELETE", path) == 200
    for method in ("GET", "PUT", "DELETE"):
        gone = sandbox.request(method, path, token=VIRTUOUS, json={})
        assert (gone.status_code, gone.content) == (404, b"")


def test_staff_can_delete_a_note_and_the_types_are_a_map(sandbox: SandboxClient) -> None:
    note_id = sandbox.post(NOTE, note(known_contact(sandbox))).json()["id"]
    staff(sandbox, "delete-note", note=note_id)

    assert truth(sandbox, "notes") == []
    assert read(sandbox, f"{NOTE}/Types")["thank You"] == "Thank You"


def test_bulk_notes_exist_only_where_an_organization_has_them(sandbox: SandboxClient) -> None:
    contact_id, bulk = known_contact(sandbox), f"{NOTE}/Bulk"
    unknown_path = sandbox.post("/api/ContactNote/Nothing", [note(contact_id)])
    missing = sandbox.post(bulk, [note(contact_id)])
    assert (missing.status_code, set(missing.json())) == (unknown_path.status_code, set(unknown_path.json()))

    sandbox.world.change_organization(VIRTUOUS, bulk_notes=True)
    assert write(sandbox, "POST", bulk, [note(contact_id), note(9)]) == 400
    assert write(sandbox, "POST", bulk, note(contact_id)) == 400
    assert truth(sandbox, "notes") == []
    made = sandbox.post(bulk, [note(contact_id, "a"), note(contact_id, "b")])
    assert (made.status_code, made.content) == (200, b"")
    assert [one["note"] for one in truth(sandbox, "notes")] == ["a", "b"]


def test_a_field_that_is_none_of_a_notes_is_counted_and_ignored(sandbox: SandboxClient) -> None:
    assert write(sandbox, "POST", NOTE, note(known_contact(sandbox), isPrivate=True)) == 200
    assert sandbox.books()["unknown_fields"] == {"note.isPrivate": 1}


def test_a_delete_can_answer_without_content(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, delete_status=204)
    note_id = sandbox.post(NOTE, note(known_contact(sandbox))).json()["id"]

    assert write(sandbox, "DELETE", f"{NOTE}/{note_id}") == 204
