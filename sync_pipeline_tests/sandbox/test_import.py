"""What an import makes of held transactions."""

import pytest

from sync_pipeline_tests.sandbox.support import TRANSACTION, VIRTUOUS, SandboxClient, contact, transaction


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)


def test_an_organization_can_import_at_once(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, auto_import="immediately")
    sandbox.batch(contact())

    assert sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).status_code == 200


def test_in_an_organization_that_never_imports_transactions_stay_held(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, auto_import="never")
    sandbox.batch(contact("1"), contact("2"))

    assert sandbox.run_import() == {"imported": 0, "created": 0, "merged": 0, "held": 2}
    assert sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).status_code == 404


def test_a_known_reference_updates_its_contact_and_leaves_out_what_was_left_out(sandbox: SandboxClient) -> None:
    sandbox.batch(contact("1", phone="(312) 555-0100", tags="a;b"))
    sandbox.run_import()
    sandbox.batch(contact("1", lastName="Lovelace", tags="b;c"))

    assert sandbox.run_import()["merged"] == 1
    merged = sandbox.control("GET", f"contacts?token={VIRTUOUS}")["VOMO/1"]
    assert (merged["lastName"], merged["phone"], merged["tags"]) == ("Lovelace", "(312) 555-0100", ["a", "b", "c"])


def test_an_empty_text_clears_a_field(sandbox: SandboxClient) -> None:
    sandbox.batch(contact("1", phone="(312) 555-0100"))
    sandbox.batch(contact("1", phone=""))
    sandbox.run_import()

    assert sandbox.control("GET", f"contacts?token={VIRTUOUS}")["VOMO/1"]["phone"] == ""


def test_a_known_email_gets_the_new_reference_attached(sandbox: SandboxClient) -> None:
    sandbox.batch(contact("1", email="ada@example.org"))
    sandbox.batch(contact("77", email="ADA@example.org"), source="GIVE")
    sandbox.run_import()

    read = sandbox.get("/api/Contact/GIVE/77", VIRTUOUS).json()
    assert read["contactReferences"] == [{"source": "VOMO", "id": "1"}, {"source": "GIVE", "id": "77"}]
    assert (sandbox.books()["contacts"], sandbox.books()["duplicates"]) == (1, 0)


def test_the_reference_decides_before_the_email(sandbox: SandboxClient) -> None:
    sandbox.batch(contact("1", email="one@example.org"), contact("2", email="two@example.org"))
    sandbox.run_import()
    sandbox.batch(contact("1", email="two@example.org"))
    sandbox.run_import()

    books = sandbox.books()
    assert sandbox.control("GET", f"contacts?token={VIRTUOUS}")["VOMO/1"]["email"] == "two@example.org"
    assert (books["contacts"], books["duplicates"]) == (2, 2)


def test_repeating_a_transaction_changes_nothing(sandbox: SandboxClient) -> None:
    sandbox.post(TRANSACTION, transaction(tags="a"))
    sandbox.run_import()
    before = sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).json()
    sandbox.clock.time += 3600

    sandbox.batch(contact(tags="a"))
    sandbox.run_import()

    assert sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).json() == before
    books = sandbox.books()
    assert (books["effects"], books["repeats"], books["contacts"]) == ({"VOMO/1": 1}, 1, 1)
