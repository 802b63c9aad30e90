"""Organization, permissions, and contacts as they are read back."""

from sync_pipeline.sandbox.settings import READ_ONLY
from sync_pipeline_tests.sandbox.support import BATCH, TRANSACTION, VIRTUOUS, SandboxClient, contact, transaction


def test_an_unknown_token_is_refused_with_a_json_message(sandbox: SandboxClient) -> None:
    answer = sandbox.get("/api/Organization/Current", "nobody")

    assert answer.status_code == 401
    assert set(answer.json()) == {"message"}


def test_the_bearer_scheme_takes_exactly_one_space_and_no_quotes(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)

    assert sandbox.get("/api/Organization/Current", VIRTUOUS).status_code == 200
    assert sandbox.get("/api/Organization/Current", f" {VIRTUOUS}").status_code == 401
    assert sandbox.get("/api/Organization/Current", f'"{VIRTUOUS}"').status_code == 401


def test_the_token_decides_the_organization(sandbox: SandboxClient) -> None:
    sandbox.control("POST", "organizations", {"token": "a", "name": "First (Sandbox)", "organization_user_id": 11})
    sandbox.control("POST", "organizations", {"token": "b", "name": "Second (Sandbox)", "enabled": False})

    first, second = (sandbox.get("/api/Organization/Current", token).json() for token in "ab")

    assert first == {
        "organizationUserId": 11,
        "organizationName": "First (Sandbox)",
        "organizationTimeZone": "America/Chicago",
        "organizationCulture": "en-US",
        "currentUserTimeZone": "America/Chicago",
        "isAdministrator": False,
        "isEnabled": True,
    }
    assert (second["organizationName"], second["isEnabled"]) == ("Second (Sandbox)", False)


def test_permissions_are_module_and_action_with_an_allowed_flag(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)

    assert {"module": "Contact", "action": "Create", "allowed": True} in sandbox.get("/api/Permission", VIRTUOUS).json()


def test_a_read_only_key_reads_but_does_not_write(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, permissions=READ_ONLY)

    permissions = sandbox.get("/api/Permission", VIRTUOUS).json()
    assert {"module": "Contact", "action": "Create", "allowed": False} in permissions
    assert sandbox.post(TRANSACTION, transaction()).status_code == 403
    assert sandbox.batch(contact()).status_code == 403
    assert sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).status_code == 404


def test_a_disabled_organization_still_says_so_and_takes_nothing(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    sandbox.control("PATCH", f"organizations?token={VIRTUOUS}", {"enabled": False})

    assert sandbox.get("/api/Organization/Current", VIRTUOUS).json()["isEnabled"] is False
    assert sandbox.post(BATCH, {"contacts": []}).status_code == 403


def test_a_contact_reads_back_in_the_documented_shape(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    details = {"phone": "(312) 555-0100", "birthMonth": "5", "birthDay": "17", "birthYear": "1980", "gender": "F"}
    sandbox.post(TRANSACTION, transaction("1", tags="VOMO: volunteer; VOMO: driver", city="Kansas City", **details))
    sandbox.run_import()

    read = sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).json()

    person = read["contactIndividuals"][0]
    assert (read["name"], read["contactType"], read["address"]["city"]) == ("Ada Byron", "Household", "Kansas City")
    assert read["tags"] == ["VOMO: volunteer", "VOMO: driver"]
    assert read["contactReferences"] == [{"source": "VOMO", "id": "1"}]
    assert read["modifiedDateTimeUtc"].startswith("2026-05-28T20:26:40.")
    assert (person["birthMonth"], person["birthDate"], person["gender"]) == (5, "5/17/1980", "F")
    assert [method["value"] for method in person["contactMethods"]] == ["ada.1@example.org", "(312) 555-0100"]


def test_one_contact_is_found_by_id_by_reference_and_by_email(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, auto_import="immediately")
    sandbox.batch(contact("1"), contact("2"))
    first = sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).json()

    for path in (
        f"/api/Contact/{first['id']}",
        "/api/Contact/Find?referenceSource=VOMO&referenceId=1",
        "/api/Contact/Find?email=ADA.1@example.org",
        "/api/Contact/Find?referenceSource=VOMO&referenceId=1&email=ada.2@example.org",
    ):
        assert sandbox.get(path, VIRTUOUS).json() == first
    for path in ("/api/Contact/9", "/api/Contact/Find?email=ada", "/api/Contact/GIVE/1"):
        unknown = sandbox.get(path, VIRTUOUS)
        assert (unknown.status_code, unknown.content) == (404, b"")


def test_a_path_that_does_not_exist_counts_as_a_request(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, quota={"requests": 10})

    answer = sandbox.get("/api/Health", VIRTUOUS)

    assert answer.status_code == 404
    assert answer.headers["X-RateLimit-Remaining"] == "9"
    assert sandbox.books()["requests"] == {"GET /api/Health": 1}
