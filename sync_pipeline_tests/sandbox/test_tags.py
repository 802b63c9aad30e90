"""Tags: definitions come with the import, joins can be added and removed."""

import pytest

from sync_pipeline_tests.sandbox.records import donate, gift, known_contact, read, staff, write
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)


def definitions(sandbox: SandboxClient) -> dict[str, int]:
    return {one["tagName"]: one["id"] for one in read(sandbox, "/api/Tag?take=100")["list"]}


def test_an_import_defines_tags_and_joins_them(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox, tags="VOMO: volunteer; VOMO: driver")
    donate(sandbox, gift(contact={"id": contact_id, "tags": "Donor"}))
    sandbox.run_import()

    known = definitions(sandbox)
    joins = read(sandbox, f"/api/ContactTag/ByContact/{contact_id}")

    assert known.keys() == {"VOMO: volunteer", "VOMO: driver", "Donor"}
    assert [(one["tagName"], one["tagId"], one["contactId"]) for one in joins["list"]] == [
        (name, tag_id, contact_id) for name, tag_id in known.items()
    ]
    assert joins["total"] == 3
    assert sandbox.books()["tags"][f"{contact_id}/Donor"] == 1


def test_definitions_are_paged_and_searched(sandbox: SandboxClient) -> None:
    known_contact(sandbox, tags=";".join(f"tag {number}" for number in range(12)))

    page = read(sandbox, "/api/Tag?skip=10&take=5")
    found = sandbox.post("/api/Tag/Search", {"search": "TAG 1"}).json()

    assert ([one["tagName"] for one in page["list"]], page["total"]) == (["tag 10", "tag 11"], 12)
    assert set(page["list"][0]) == {"id", "tagName", "tagGroupName", "contactsByTagUrl"}
    assert [one["tagName"] for one in found["list"]] == ["tag 1", "tag 10", "tag 11"]
    assert sandbox.get("/api/Tag?take=5000", VIRTUOUS).status_code == 400


def test_a_tag_is_added_once_and_removed_by_its_join(sandbox: SandboxClient) -> None:
    contact_id, other = known_contact(sandbox, "1", tags="a"), known_contact(sandbox, "2")
    body = {"tagId": definitions(sandbox)["a"], "contactId": other}

    first, again = (sandbox.post("/api/ContactTag", body).json() for _ in range(2))
    assert first == again == {"id": first["id"], "tagId": body["tagId"], "tagName": "a", "contactId": other}
    assert sandbox.books()["tags"] == {f"{contact_id}/a": 1, f"{other}/a": 1}

    assert write(sandbox, "DELETE", f"/api/ContactTag/{first['id']}") == 200
    assert write(sandbox, "DELETE", f"/api/ContactTag/{first['id']}") == 404
    assert read(sandbox, f"/api/Contact/{other}")["tags"] == []
    assert read(sandbox, f"/api/Contact/{contact_id}")["tags"] == ["a"]


def test_unknown_tags_and_contacts_are_refused(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox, tags="a")

    assert write(sandbox, "POST", "/api/ContactTag", {"tagId": 9, "contactId": contact_id}) == 400
    assert write(sandbox, "POST", "/api/ContactTag", {"tagId": definitions(sandbox)["a"], "contactId": 9}) == 400
    assert read(sandbox, "/api/ContactTag/ByContact/9") == {"list": [], "total": 0}


def test_bulk_tags_exist_only_where_an_organization_has_them(sandbox: SandboxClient) -> None:
    known_contact(sandbox, "1", tags="a")
    other = known_contact(sandbox, "2")
    pair = {"tagId": definitions(sandbox)["a"], "contactId": other}
    assert write(sandbox, "POST", "/api/Tag/Bulk", [pair]) == 404

    sandbox.world.change_organization(VIRTUOUS, bulk_tags=True)
    assert write(sandbox, "POST", "/api/Tag/Bulk", [pair, {"tagId": 9, "contactId": other}]) == 400
    assert read(sandbox, f"/api/Contact/{other}")["tags"] == []
    assert sandbox.post("/api/Tag/Bulk", [pair]).content == b""
    assert read(sandbox, f"/api/Contact/{other}")["tags"] == ["a"]


def test_a_tag_by_staff_is_in_no_books(sandbox: SandboxClient) -> None:
    contact_id = known_contact(sandbox)
    sandbox.clock.time += 60
    before = read(sandbox, f"/api/Contact/{contact_id}")["modifiedDateTimeUtc"]
    staff(sandbox, "tag", contact=contact_id, tag="Major donor")

    shown = read(sandbox, f"/api/Contact/{contact_id}")
    assert (shown["tags"], sandbox.books()["tags"]) == (["Major donor"], {})
    assert shown["modifiedDateTimeUtc"] > before
