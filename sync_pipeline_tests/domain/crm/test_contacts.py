"""Contacts as Virtuous answers them, in every recorded spelling, and the query that finds many at once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sync_pipeline.domain.crm import contacts

FULL = {
    "id": 12,
    "contactIndividuals": [
        {
            "id": "30",
            "firstName": " Adelaide ",
            "lastName": "Quill",
            "contactMethods": [
                {"type": "Home Email", "value": "Adelaide@Example.org"},
                {"type": "Home Phone", "value": "555"},
                {"type": "Work Email", "value": None},
                None,
            ],
        },
        {"id": 31, "firstName": "Bertram", "lastName": None, "contactMethods": None},
    ],
    "contactReferences": [{"source": "VOMO", "id": "u-7"}],
    "mergedIntoContactId": None,
    "isArchived": False,
    "modifiedDateTimeUtc": "2026-03-04T10:00:00.1234567",
}


def read(**changes: Any) -> contacts.CrmContact:
    contact = contacts.read_contact({**FULL, **changes})
    assert contact is not None
    return contact


def test_a_full_contact_is_read() -> None:
    assert read() == contacts.CrmContact(
        contact_id=12,
        individuals=(
            contacts.Individual(30, ("adelaide", "quill"), frozenset({"adelaide@example.org"})),
            contacts.Individual(31, ("bertram", ""), frozenset()),
        ),
        references=frozenset({("VOMO", "u-7")}),
        merged_into=None,
        is_archived=False,
        modified_at=datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=UTC),
    )


@pytest.mark.parametrize("document", [None, {}, [], {"id": 0}, {"id": None}, "held"])
def test_a_held_transaction_is_no_contact(document: Any) -> None:
    assert contacts.read_contact(document) is None


@pytest.mark.parametrize(
    ("references", "found"),
    [
        ([{"referenceSource": "VOMO", "referenceId": "u-7"}], {("VOMO", "u-7")}),
        ([{"source": "VOMO", "id": "u-7"}], {("VOMO", "u-7")}),
        ([{"source": "VOMO", "id": 7}, {"source": "GIVING", "id": "d-1"}], {("VOMO", "7"), ("GIVING", "d-1")}),
        ([{"source": "VOMO"}, {"id": "u-7"}, None, "VOMO"], set()),
        ([], set()),
        (None, set()),
    ],
)
def test_references_are_read_in_both_spellings(references: Any, found: set[tuple[str, str]]) -> None:
    assert read(contactReferences=references).references == found


@pytest.mark.parametrize("individuals", [None, [], {}, [None, {}, {"id": 0}, "Adelaide"]])
def test_a_contact_may_have_no_individual(individuals: Any) -> None:
    assert read(contactIndividuals=individuals).individuals == ()


def individual(number: int, first: str, last: str, *emails: str) -> dict[str, Any]:
    methods = [{"type": "Home Email", "value": email} for email in emails]
    return {"id": number, "firstName": first, "lastName": last, "contactMethods": methods}


ADELAIDE = individual(30, "Adelaide", "Quill", "adelaide@example.org", "shared@example.org")
BERTRAM = individual(31, "Bertram", "Quill", "bertram@example.org", "shared@example.org")
NAMESAKE = individual(32, "Adelaide", "Quill")


@pytest.mark.parametrize(
    ("household", "person", "found"),
    [
        ([ADELAIDE], (None, None, None), 30),
        ([ADELAIDE], ("Clemency", "Vane", "clemency@example.org"), 30),
        ([ADELAIDE, BERTRAM], ("Bertie", "Quill", " Bertram@Example.org "), 31),
        ([ADELAIDE, BERTRAM], (" adelaide ", "QUILL", None), 30),
        ([ADELAIDE, BERTRAM], ("Bertram", "Quill", "new@example.org"), 31),
        ([ADELAIDE, BERTRAM], ("Bertram", "Quill", "shared@example.org"), 31),
        ([ADELAIDE, NAMESAKE], ("Adelaide", "Quill", "adelaide@example.org"), 30),
        ([ADELAIDE, BERTRAM], ("Clemency", "Quill", "shared@example.org"), None),
        ([ADELAIDE, NAMESAKE], ("Adelaide", "Quill", None), None),
        ([ADELAIDE, BERTRAM], ("Clemency", "Vane", None), None),
        ([ADELAIDE, BERTRAM], (None, None, None), None),
        ([individual(30, "", ""), individual(31, "", "")], ("", "", ""), None),
        ([], ("Adelaide", "Quill", "adelaide@example.org"), None),
    ],
)
def test_hours_go_to_the_person_they_belong_to_or_to_nobody(
    household: list[dict[str, Any]], person: tuple[str | None, str | None, str | None], found: int | None
) -> None:
    assert read(contactIndividuals=household).individual_of(*person) == found


def test_a_merged_contact_names_the_one_that_took_its_place() -> None:
    assert read(mergedIntoContactId="15").merged_into == 15


@pytest.mark.parametrize(("said", "archived"), [("true", True), (0, False), (None, None)])
def test_whether_a_contact_is_archived_may_not_be_said(said: Any, archived: bool | None) -> None:
    assert read(isArchived=said).is_archived is archived


def option(parameter: str, *operators: str) -> dict[str, Any]:
    return {"parameter": parameter, "operatorOptions": [{"operator": operator} for operator in operators]}


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ([option("Last Modified Date", "Is", "After", "OnOrAfter")], ("Last Modified Date", "OnOrAfter")),
        ([option("Last Modified DateTime UTC", "GreaterThan")], ("Last Modified DateTime UTC", "GreaterThan")),
        (
            [option("Create Date", "OnOrAfter"), option("Last Modified Date", "After", "GreaterThanOrEqual")],
            ("Last Modified Date", "GreaterThanOrEqual"),
        ),
        ([option("Last Modified Date", "Is After", "Greater Than", "Is On")], ("Last Modified Date", "Is After")),
        ([option("Create Date", "OnOrAfter")], None),
        ([{"parameter": "Last Modified Date"}, None], None),
        ([], None),
    ],
)
def test_a_word_is_sent_as_the_organization_offers_it_recorded_or_as_the_guide_spells_it(
    options: list[Any], chosen: tuple[str, str] | None
) -> None:
    """The guides' words differ from the recorded ones, and what they mean is not known (section 11, no. 10)."""
    assert contacts.modified_parameter({"options": options}) == chosen


@pytest.mark.parametrize("document", [None, [], {}, {"options": None}, {"options": {"parameter": "x"}}])
def test_an_organization_without_query_options_has_none(document: Any) -> None:
    assert contacts.modified_parameter(document) is None


def test_the_query_pages_by_its_address_and_includes_archived_contacts() -> None:
    condition = contacts.modified_condition("Last Modified Date", "OnOrAfter", datetime(2026, 3, 4, 23, tzinfo=UTC))
    request = contacts.query([condition], 2_000)
    assert (request.endpoint, request.query) == ("POST /api/Contact/Query/FullContact", {"skip": 2_000, "take": 1_000})
    assert request.body == {
        "groups": [
            {"conditions": [{"parameter": "Last Modified Date", "operator": "OnOrAfter", "value": "2026-03-04"}]}
        ],
        "sortBy": "Id",
        "descending": False,
        "includeArchived": True,
    }


def test_a_query_without_conditions_asks_for_everybody() -> None:
    assert contacts.query([], 0).body["groups"] == []


@pytest.mark.parametrize(
    ("document", "ids", "total"),
    [
        ({"list": [FULL, {"id": 0}, {**FULL, "id": "13"}], "total": 3}, [12, 13], 3),
        ([FULL], [12], None),
        ({"list": [], "total": 0}, [], 0),
    ],
)
def test_the_contacts_of_a_page_are_read(document: Any, ids: list[int], total: int | None) -> None:
    page = contacts.contacts_of(document)
    assert page is not None
    assert ([contact.contact_id for contact in page[0]], page[1]) == (ids, total)


def test_a_page_that_is_no_list_is_not_an_empty_one() -> None:
    assert contacts.contacts_of({"message": "no"}) is None


def test_archiving_and_bringing_back_are_direct_calls_about_one_contact() -> None:
    archived, back = contacts.archive(12, "VOMO: removed"), contacts.unarchive(12)
    assert (archived.endpoint, archived.parts) == ("PUT /api/Contact/Archive/{contactId}", {"contactId": 12})
    assert archived.body == {"archiveReason": "VOMO: removed"}
    assert (back.endpoint, back.body) == ("PUT /api/Contact/Unarchive/{contactId}", None)
    assert not archived.documented
    assert not back.documented
