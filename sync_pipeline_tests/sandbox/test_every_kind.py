"""What holds for every kind of write: permissions, quota, faults and separate books."""

from typing import Any

import httpx
import pytest

from sync_pipeline.sandbox.settings import ALL_PERMISSIONS, READ_ONLY, Permission
from sync_pipeline_tests.sandbox.records import GIFT, NOTE, OPPORTUNITY, SHIFT, gift, read, serving, truth, write
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient, contact


@pytest.fixture
def place(sandbox: SandboxClient) -> str:
    sandbox.world.add_organization(VIRTUOUS, auto_import="immediately", bulk_notes=True, bulk_tags=True)
    opportunity, volunteer = serving(sandbox)
    return f"{OPPORTUNITY}/{opportunity}/Volunteers/{volunteer}/Attendance"


def writes(sandbox: SandboxClient, place: str) -> list[tuple[str, str, Any]]:
    contact_id = truth(sandbox, "contact_ids")["VOMO/1"]
    return [
        ("POST", GIFT, {"transactionSource": "GIVE"} | gift()),
        ("POST", "/api/Gift/ReversingTransaction", {"reversedGiftId": 1}),
        ("POST", NOTE, {"contactId": contact_id, "note": "Came by"}),
        ("POST", f"{NOTE}/Bulk", []),
        ("POST", "/api/ContactTag", {"tagId": 1, "contactId": contact_id}),
        ("POST", "/api/Tag/Bulk", []),
        ("PUT", f"/api/Contact/Archive/{contact_id}", {}),
        ("POST", OPPORTUNITY, {"name": "Driving"}),
        ("POST", place, SHIFT),
        ("DELETE", f"{NOTE}/1", None),
    ]


def test_a_read_only_key_writes_nothing_of_any_kind(sandbox: SandboxClient, place: str) -> None:
    sandbox.world.change_organization(VIRTUOUS, permissions=READ_ONLY)

    for method, path, json in writes(sandbox, place):
        assert write(sandbox, method, path, json) == 403, path
    for path in ("/api/Tag", OPPORTUNITY, "/api/Contact/QueryOptions", "/api/Gift/QueryOptions", f"{NOTE}/Types"):
        assert write(sandbox, "GET", path) == 200, path


def test_a_module_can_be_closed_by_itself(sandbox: SandboxClient, place: str) -> None:
    closed = Permission(module="Gift", action="Create", allowed=False)
    others = tuple(one for one in ALL_PERMISSIONS if (one.module, one.action) != ("Gift", "Create"))
    sandbox.world.change_organization(VIRTUOUS, permissions=(*others, closed))

    statuses = [write(sandbox, method, path, json) for method, path, json in writes(sandbox, place)]
    assert statuses[:3] == [403, 403, 200]


def test_requests_are_booked_under_the_paths_of_the_reference(sandbox: SandboxClient, place: str) -> None:
    sandbox.post(place, SHIFT)
    read(sandbox, f"{NOTE}/ByContact/1")
    sandbox.get("/api/Gift/GIVE/1", VIRTUOUS)

    assert {
        "POST /api/VolunteerOpportunity/{volunteerOpportunityId}/Volunteers/{volunteerId}/Attendance",
        "GET /api/ContactNote/ByContact/{contactId}",
        "GET /api/Gift/{transactionSource}/{transactionId}",
    } <= sandbox.books()["requests"].keys()


def test_a_spent_quota_refuses_every_kind(sandbox: SandboxClient, place: str) -> None:
    asked = writes(sandbox, place)
    sandbox.world.change_organization(VIRTUOUS, quota={"requests": 0})

    for method, path, json in asked:
        assert write(sandbox, method, path, json) == 429, path
    assert (sandbox.books()["notes"], sandbox.books()["archives"], sandbox.books()["gifts"]) == ({}, {}, {})


def test_an_answer_cut_after_the_effect_leaves_a_note_and_hours_that_a_repeat_doubles(
    sandbox: SandboxClient, place: str
) -> None:
    note = {"contactId": truth(sandbox, "contact_ids")["VOMO/1"], "note": "Came by"}
    for path, json, kind in ((NOTE, note, "notes"), (place, SHIFT, "attendances")):
        sandbox.control("POST", "faults", {"side": "virtuous", "kind": "cut_after", "path": path, "times": 1})
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            sandbox.post(path, json)
        assert list(sandbox.books()[kind].values()) == [1]

        assert sandbox.post(path, json).status_code == 200
        assert (list(sandbox.books()[kind].values()), sandbox.books()[f"duplicate_{kind}"]) == ([2], 1)


@pytest.mark.parametrize(("kind", "made"), [("status_before", 0), ("status_after", 1), ("malformed", 1)])
def test_other_faults_come_before_or_after_the_effect(sandbox: SandboxClient, place: str, kind: str, made: int) -> None:
    sandbox.control("POST", "faults", {"side": "virtuous", "kind": kind, "path": GIFT, "times": 1})
    sandbox.post(GIFT, {"transactionSource": "GIVE"} | gift())
    sandbox.control("POST", "faults", {"side": "virtuous", "kind": kind, "path": place, "times": 1})
    sandbox.post(place, SHIFT)

    assert (len(truth(sandbox, "gifts")), len(truth(sandbox, "attendances"))) == (made, made)


def test_the_books_of_one_organization_know_nothing_of_another(sandbox: SandboxClient, place: str) -> None:
    sandbox.world.add_organization("other", bulk_notes=True, bulk_tags=True)
    for method, path, json in writes(sandbox, place):
        write(sandbox, method, path, json)

    books = sandbox.books("other")
    for kind in ("gifts", "reversals", "notes", "attendances", "volunteers", "opportunities", "tags", "archives"):
        assert books[kind] == {}
    assert [books[name] for name in books if name.startswith("duplicate")] == [0] * 7


def test_a_refusal_has_the_body_the_organization_is_set_to(sandbox: SandboxClient, place: str) -> None:
    sandbox.world.change_organization(VIRTUOUS, error_body="message", validation_status=422)

    refused = sandbox.post(NOTE, {"contactId": 9})
    assert (refused.status_code, set(refused.json())) == (422, {"message"})
    assert write(sandbox, "POST", place, {}) == 422


def test_pages_of_a_query_can_lack_rows_be_empty_or_break_off(sandbox: SandboxClient, place: str) -> None:
    del place
    query = "/api/Contact/Query"
    sandbox.batch(contact("2"), contact("3"))

    def page(kind: str) -> httpx.Response:
        sandbox.control("POST", "faults", {"side": "virtuous", "kind": kind, "path": query, "times": 1})
        return sandbox.post(query, {"groups": []})

    whole = sandbox.post(query, {"groups": []})
    assert (len(page("missing_rows").json()["list"]), page("missing_rows").json()["total"]) == (2, 3)
    assert page("empty_page").json() == {"list": [], "total": 3}
    assert whole.content.startswith(page("truncated_page").content)
