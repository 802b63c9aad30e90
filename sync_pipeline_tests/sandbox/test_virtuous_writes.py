"""Contact/Transaction and Contact/Batch: what is accepted, what is refused, and how."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.support import BATCH, TRANSACTION, VIRTUOUS, SandboxClient, contact, transaction


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, batch_max=3)


def test_an_accepted_transaction_answers_200_without_a_body(sandbox: SandboxClient) -> None:
    answer = sandbox.post(TRANSACTION, transaction())

    assert (answer.status_code, answer.content) == (200, b"")


def test_an_accepted_transaction_is_no_contact_until_the_import(sandbox: SandboxClient) -> None:
    sandbox.post(TRANSACTION, transaction())
    held = sandbox.get("/api/Contact/VOMO/1", VIRTUOUS)

    assert (held.status_code, held.content, held.headers.get("content-type")) == (404, b"", None)
    assert sandbox.run_import() == {"imported": 1, "created": 1, "merged": 0, "held": 0}
    assert sandbox.get("/api/Contact/VOMO/1", VIRTUOUS).status_code == 200


@pytest.mark.parametrize(
    ("fields", "refused_field"),
    [
        ({"contactType": None}, "contactType"),
        ({"contactType": ["Household"]}, "contactType"),
        ({"lastName": ""}, "lastName"),
        ({"firstName": None}, "firstName"),
        ({"contactType": "Organization"}, "name"),
        ({"contactType": "Foundation"}, "name"),
        ({"email": "ada at example.org"}, "email"),
        ({"birthMonth": 5}, "birthMonth"),
        ({"eventId": "7"}, "eventId"),
        ({"customFields": [{"name": "Size"}]}, "customFields"),
        ({"emailLists": "News"}, "emailLists"),
    ],
)
def test_an_invalid_row_is_refused_with_the_field_in_the_details(
    sandbox: SandboxClient, fields: dict[str, Any], refused_field: str
) -> None:
    answer = sandbox.post(TRANSACTION, transaction(**fields))

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_FAILED"
    assert [detail["field"] for detail in error["details"]] == [refused_field]
    assert sandbox.books()["effects"] == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"contactType": "Organization", "name": "Food Bank", "firstName": None, "lastName": None},
        {"email": None},
        {"email": ""},
        {"eventId": 7, "attended": True, "customFields": {"Size": "M"}, "emailLists": ["News"]},
    ],
)
def test_optional_parts_may_be_left_out_or_of_their_documented_types(
    sandbox: SandboxClient, fields: dict[str, Any]
) -> None:
    assert sandbox.post(TRANSACTION, transaction(**fields)).status_code == 200


def test_an_unknown_field_is_ignored_but_booked(sandbox: SandboxClient) -> None:
    assert sandbox.post(TRANSACTION, transaction(shoeSize="43")).status_code == 200
    assert sandbox.books()["unknown_fields"] == {"shoeSize": 1}


def test_validation_can_answer_422(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, validation_status=422)

    assert sandbox.post(TRANSACTION, transaction(lastName=None)).status_code == 422


def test_errors_can_take_any_of_the_documented_bodies(sandbox: SandboxClient) -> None:
    def refusal(shape: str) -> Any:
        sandbox.world.change_organization(VIRTUOUS, error_body=shape)
        return sandbox.post(TRANSACTION, transaction(lastName=None))

    assert set(refusal("target").json()) == {"error"}
    assert set(refusal("message").json()) == {"message"}
    assert set(refusal("oauth").json()) == {"error", "error_description"}
    assert refusal("text").headers["content-type"].startswith("text/plain")
    assert refusal("empty").content == b""


@pytest.mark.parametrize("contacts", ["none", {"referenceId": "1"}, [1]])
def test_contacts_that_are_no_array_do_not_bind(sandbox: SandboxClient, contacts: Any) -> None:
    answer = sandbox.post(BATCH, {"referenceSource": "VOMO", "contacts": contacts})

    assert answer.status_code == 400
    assert set(answer.json()) == {"message", "modelState"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
@pytest.mark.parametrize("path", [BATCH, TRANSACTION])
def test_an_unreadable_body_does_not_bind(sandbox: SandboxClient, path: str, body: bytes) -> None:
    answer = sandbox.request("POST", path, token=VIRTUOUS, content=body)

    assert answer.status_code == 400
    assert "modelState" in answer.json()


def test_a_batch_without_contacts_is_a_null_argument(sandbox: SandboxClient) -> None:
    answer = sandbox.post(BATCH, {"referenceSource": "VOMO"})

    assert answer.status_code == 400
    assert set(answer.json()) == {"message"}


def test_an_empty_batch_is_accepted_with_an_empty_body(sandbox: SandboxClient) -> None:
    answer = sandbox.post(BATCH, {"contacts": []})

    assert (answer.status_code, answer.content) == (200, b"")


def test_one_invalid_row_refuses_the_whole_batch_and_is_not_named(sandbox: SandboxClient) -> None:
    answer = sandbox.batch(contact("1"), contact("2", lastName=None), contact("3"))

    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == []
    books = sandbox.books()
    assert (books["rows_received"], books["rows_accepted"], books["held"], books["effects"]) == (3, 0, 0, {})


def test_a_batch_above_the_maximum_is_too_large(sandbox: SandboxClient) -> None:
    assert sandbox.batch(*(contact(str(number)) for number in range(4))).status_code == 413
    assert sandbox.books()["rows_accepted"] == 0
    assert sandbox.batch(*(contact(str(number)) for number in range(3))).status_code == 200


def test_a_batch_can_ignore_birth_and_gender_which_a_transaction_then_brings(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, batch_ignores_birth_and_gender=True)
    born = {"birthMonth": "5", "birthDay": "17", "birthYear": "1980", "gender": "F"}

    sandbox.batch(contact("1", **born))
    sandbox.run_import()
    assert not born.keys() & sandbox.control("GET", f"contacts?token={VIRTUOUS}")["VOMO/1"].keys()

    sandbox.post(TRANSACTION, transaction("1", **born))
    sandbox.run_import()
    assert born.items() <= sandbox.control("GET", f"contacts?token={VIRTUOUS}")["VOMO/1"].items()
