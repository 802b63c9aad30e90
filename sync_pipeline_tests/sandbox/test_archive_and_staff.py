"""Archived and merged contacts, and what else staff do behind a sync's back."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.records import NOTE, donate, gift, known_contact, read, serving, staff, truth, write
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient, contact


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)


@pytest.mark.parametrize("body", [{"archiveReason": "gone"}, {"reason": "gone"}, "", None])
def test_a_contact_is_archived_with_any_of_the_bodies_and_restored(sandbox: SandboxClient, body: Any) -> None:
    contact_id = known_contact(sandbox)
    before = read(sandbox, f"/api/Contact/{contact_id}")
    sandbox.clock.time += 60

    answer = sandbox.request("PUT", f"/api/Contact/Archive/{contact_id}", token=VIRTUOUS, json=body)

    assert (answer.status_code, answer.content) == (200, b"")
    archived = read(sandbox, f"/api/Contact/{contact_id}")
    assert (before["isArchived"], archived["isArchived"]) == (False, True)
    assert archived["modifiedDateTimeUtc"] > before["modifiedDateTimeUtc"]
    assert truth(sandbox, "archived_contacts") == [contact_id]

    assert write(sandbox, "PUT", f"/api/Contact/Unarchive/{contact_id}") == 200
    assert truth(sandbox, "archived_contacts") == []


def test_archiving_counts_once_and_needs_a_contact(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox)

    for _ in range(2):
        assert write(sandbox, "PUT", f"/api/Contact/Archive/{contact_id}", {}) == 200
    assert sandbox.books()["archives"] == {str(contact_id): 1}
    assert write(sandbox, "PUT", "/api/Contact/Archive/9", {}) == 404
    assert write(sandbox, "PUT", "/api/Contact/Unarchive/9") == 404


def test_the_read_shape_can_keep_quiet_about_archiving(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, shows_is_archived=False)

    assert "isArchived" not in read(sandbox, f"/api/Contact/{known_contact(sandbox)}")


def test_an_archived_contact_is_still_found_and_updated_by_its_reference(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox)
    staff(sandbox, "archive", contact=contact_id)
    sandbox.batch(contact(lastName="King"))
    sandbox.run_import()

    shown = read(sandbox, "/api/Contact/VOMO/1")
    assert (shown["id"], shown["isArchived"], shown["name"]) == (contact_id, True, "Ada King")
    assert sandbox.books()["archives"] == {}


def test_the_loser_of_a_merge_leaves_everything_to_the_winner(sandbox: SandboxClient) -> None:
    opportunity, volunteer = serving(sandbox)
    loser = truth(sandbox, "contact_ids")["VOMO/1"]
    winner = known_contact(sandbox, "2", tags="a")
    sandbox.post(NOTE, {"contactId": loser, "note": "Came by"})
    donate(sandbox, gift(contact={"id": loser, "tags": "a;b"}))
    sandbox.run_import()

    staff(sandbox, "merge", loser=loser, winner=winner)

    assert truth(sandbox, "contact_ids") == {"VOMO/1": winner, "VOMO/2": winner}
    assert read(sandbox, "/api/Contact/VOMO/1")["tags"] == ["a", "b"]
    assert read(sandbox, "/api/Contact/Find?email=ada.1@example.org")["id"] == winner
    assert read(sandbox, f"/api/Contact/{loser}")["mergedIntoContactId"] == winner
    assert [one["contactId"] for kind in ("gifts", "notes", "volunteers") for one in truth(sandbox, kind)] == [
        winner
    ] * 3
    assert read(sandbox, f"/api/Gift/ByContact/{winner}")["total"] == 1
    assert read(sandbox, f"/api/VolunteerOpportunity/{opportunity}/Volunteers/{volunteer}")["contactId"] == winner
    assert (sandbox.books()["contacts"], sandbox.books()["duplicates"]) == (2, 0)


def test_writing_to_the_loser_reaches_the_winner(sandbox: SandboxClient) -> None:
    loser, winner = known_contact(sandbox, "1"), known_contact(sandbox, "2")
    staff(sandbox, "merge", loser=loser, winner=winner)

    sandbox.post(NOTE, {"contactId": loser, "note": "Came by"})
    sandbox.batch(contact("1", lastName="King", email="ada.1@example.org"))

    assert sandbox.run_import()["merged"] == 1
    assert read(sandbox, f"/api/Contact/{winner}")["name"] == "Ada King"
    assert read(sandbox, f"{NOTE}/ByContact/{winner}")["total"] == 1


def test_a_merged_contact_can_be_missing_by_its_id(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, merged_contact="missing")
    loser, winner = known_contact(sandbox, "1"), known_contact(sandbox, "2")
    staff(sandbox, "merge", loser=loser, winner=winner)

    assert sandbox.get(f"/api/Contact/{loser}", VIRTUOUS).status_code == 404
    assert sandbox.get(f"/api/Contact/{winner}", VIRTUOUS).status_code == 200


def test_staff_edit_a_contact_and_it_is_found_by_the_new_email(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox)
    staff(sandbox, "edit", {"email": "new@example.org", "lastName": "King"}, contact=contact_id)

    assert read(sandbox, "/api/Contact/Find?email=new@example.org")["name"] == "Ada King"
    assert sandbox.get("/api/Contact/Find?email=ada.1@example.org", VIRTUOUS).status_code == 404


@pytest.mark.parametrize(
    "operation",
    ["archive?contact=9", "merge?loser=9&winner=9", "edit?contact=9", "tag?contact=9&tag=a", "delete-note?note=9"],
)
def test_staff_cannot_do_the_impossible(sandbox: SandboxClient, operation: str) -> None:
    assert sandbox.request("POST", f"/sandbox/staff/{operation}&token={VIRTUOUS}").status_code == 400
    assert sandbox.request("POST", f"/sandbox/staff/{operation}&token=nobody").status_code == 404


def test_a_merge_is_done_once(sandbox: SandboxClient) -> None:
    loser, winner = known_contact(sandbox, "1"), known_contact(sandbox, "2")
    staff(sandbox, "merge", loser=loser, winner=winner)
    query = f"token={VIRTUOUS}&loser={loser}&winner={winner}"

    assert sandbox.request("POST", f"/sandbox/staff/merge?{query}").status_code == 400
