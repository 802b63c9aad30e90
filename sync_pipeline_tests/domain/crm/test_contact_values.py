"""A transaction's values, found again in the contact that was made of it."""

from typing import Any

import pytest

from sync_pipeline.domain.crm.contact_values import differing, is_empty, shown_values

CONTACT: dict[str, Any] = {
    "id": 7,
    "name": "Ada Example",
    "address": {"address1": "1 Main St", "city": "Austin", "state": "TX", "postal": "78701", "address2": None},
    "tags": ["VOMO: Admin", {"name": "Board"}],
    "customFields": [{"name": "Shirt size", "value": "M"}],
    "contactIndividuals": [
        {"id": 1, "firstName": "Other", "lastName": "Person", "contactMethods": []},
        {
            "id": 2,
            "prefix": "Dr.",
            "firstName": "Ada",
            "lastName": "Example",
            "gender": None,
            "birthMonth": 3,
            "birthDay": 9,
            "birthYear": None,
            "contactMethods": [
                {"type": "Home Email", "value": "Ada@Example.org"},
                {"type": "Work Email", "value": "work@example.org"},
                {"type": "Home Phone", "value": "+1 555 555 0142"},
            ],
        },
    ],
}
SHOWN = shown_values(CONTACT, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"firstName": "ada ", "lastName": "EXAMPLE", "title": "Dr."},
        {"email": "ada@example.org", "emailType": "Home Email"},
        {"phone": "(555) 555-0142"},
        {"birthMonth": "03", "birthDay": "9"},
        {"address1": "1  Main St", "city": "austin", "postal": "78701", "country": "USA"},
        {"customFields.Shirt size": "m", "customFields.Not shown": "x"},
        {"suffix": None, "middleName": "", "rsvp": "true", "eventName": "Gala"},
    ],
)
def test_what_is_there_in_another_shape_is_there(fields: dict[str, str | None]) -> None:
    assert differing(fields, (), SHOWN) == frozenset()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"firstName": "Adele", "lastName": "Example"}, {"firstName"}),
        ({"email": "new@example.org"}, {"email"}),
        ({"phone": "(555) 555-0143"}, {"phone"}),
        ({"gender": "Female", "birthYear": "1990"}, {"gender", "birthYear"}),
        ({"address2": "Apt 2"}, {"address2"}),
        ({"customFields.Shirt size": "L"}, {"customFields.Shirt size"}),
    ],
)
def test_what_is_not_there_is_named(fields: dict[str, str | None], wrong: set[str]) -> None:
    assert differing(fields, (), SHOWN) == wrong


def test_tags_have_to_be_among_the_contacts() -> None:
    assert differing({}, ("VOMO: admin", "Board"), SHOWN) == frozenset()
    assert differing({}, ("VOMO: Admin", "VOMO: Leader"), SHOWN) == {"tags"}


def test_a_field_is_empty_only_if_the_contact_says_so() -> None:
    assert is_empty("gender", SHOWN)
    assert not is_empty("firstName", SHOWN)
    assert not is_empty("middleName", SHOWN)  # not shown at all


def test_without_the_person_only_the_household_is_compared() -> None:
    shown = shown_values(CONTACT, None)
    assert differing({"firstName": "Adele", "city": "Dallas"}, (), shown) == {"city"}


@pytest.mark.parametrize("document", [None, [], "text", {}, {"tags": None, "contactIndividuals": "x", "address": 3}])
def test_any_other_document_proves_nothing(document: Any) -> None:
    assert differing({"firstName": "Ada", "email": "a@b.c"}, (), shown_values(document, 2)) == frozenset()
