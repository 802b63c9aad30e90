"""Query endpoints: what they select, how they page, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from sync_pipeline_tests.sandbox.records import donate, gift, read, staff, truth
from sync_pipeline_tests.sandbox.support import NOON, VIRTUOUS, SandboxClient, contact

DAY = 86_400
CONTACTS = "/api/Contact/Query"
FULL_CONTACTS = "/api/Contact/Query/FullContact"
GIFTS = "/api/Gift/Query"
FULL_GIFTS = "/api/Gift/Query/FullGift"


@pytest.fixture(autouse=True)
def _contacts_of_three_days(sandbox: SandboxClient) -> None:
    """Contacts 1 and 2 made on 28 May, 3 on 29 May; 1 changed on 30 May. Days are Chicago's."""
    sandbox.world.add_organization(VIRTUOUS, auto_import="immediately")
    sandbox.batch(contact("1", lastName="Byron"), contact("2", lastName="Hopper", postal="64106"))
    sandbox.clock.time = NOON + DAY
    sandbox.batch(contact("3", contactType="Organization", name="Food Bank", firstName=None, lastName=None, email=None))
    sandbox.clock.time = NOON + 2 * DAY
    sandbox.batch(contact("1", lastName="King"))


def where(parameter: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"parameter": parameter, "operator": operator, "value": value} | more


def body(*groups: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"groups": [{"conditions": group} for group in groups]} | more


@pytest.fixture
def found(sandbox: SandboxClient) -> Callable[..., list[str]]:
    """The references that a query of contacts finds, in order."""
    by_id = {contact_id: reference[-1] for reference, contact_id in truth(sandbox, "contact_ids").items()}

    def query(*groups: list[dict[str, Any]], **more: Any) -> list[str]:
        answer = sandbox.post(FULL_CONTACTS, body(*groups, **more))
        assert answer.status_code == 200, answer.text
        return [by_id[one["id"]] for one in answer.json()["list"]]

    return query


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (where("Last Modified Date", "After", "2026-05-28"), "13"),
        (where("Last Modified Date", "OnOrAfter", "2026-05-30"), "1"),
        (where("Last Modified Date", "Is", "5/29/2026"), "3"),
        (where("Last Modified Date", "Is", "Today"), "1"),
        (where("Last Modified Date", "GreaterThan", "2 Days Ago"), "13"),
        (where("Create Date", "Before", "2026-05-29"), "12"),
        (where("Create Date", "Between", "2026-05-29", secondaryValue="2026-06-01"), "3"),
        (where("First Name", "Is", "ada"), "12"),
        (where("Last Name", "StartsWith", "hop"), "2"),
        (where("Contact Name", "Contains", "BANK"), "3"),
        (where("Email Address", "Is", "ADA.2@example.org"), "2"),
        (where("Postal", "IsKnown"), "2"),
        (where("Email Address", "IsNotKnown"), "3"),
        (where("Contact Type", "IsNot", "Household"), "3"),
        (where("Private", "IsFalse"), "123"),
        (where("Private", "IsTrue"), ""),
    ],
)
def test_a_condition_selects(found: Callable[..., list[str]], condition: dict[str, Any], expected: str) -> None:
    assert "".join(found([condition])) == expected


def test_a_day_is_the_organizations_own(found: Callable[..., list[str]]) -> None:
    before_midnight_in_chicago = "2026-05-29T04:00:00Z"

    assert found([where("Create Date", "Is", before_midnight_in_chicago)]) == ["1", "2"]


def test_conditions_are_anded_and_groups_ored(found: Callable[..., list[str]], sandbox: SandboxClient) -> None:
    ids = truth(sandbox, "contact_ids")
    ada_king = [where("First Name", "Is", "Ada"), where("Last Name", "Is", "King")]

    assert found(ada_king) == ["1"]
    assert found(ada_king, [where("Contact Id", "Is", ids["VOMO/3"])]) == ["1", "3"]
    assert found([where("Contact Id", "GreaterThan", str(ids["VOMO/1"]))]) == ["2", "3"]
    assert found() == ["1", "2", "3"]


def test_results_are_sorted(found: Callable[..., list[str]]) -> None:
    assert found(sortBy="Id", descending=True) == ["3", "2", "1"]
    assert found(sortBy="Last Modified Date", descending=False) == ["2", "3", "1"]
    assert found(sortBy="EmailAddress") == ["3", "1", "2"]


def test_archived_and_merged_contacts_are_left_out_unless_asked_for(sandbox: SandboxClient) -> None:
    ids = truth(sandbox, "contact_ids")
    staff(sandbox, "archive", contact=ids["VOMO/3"])
    staff(sandbox, "merge", loser=ids["VOMO/2"], winner=ids["VOMO/1"])

    assert [one["id"] for one in sandbox.post(CONTACTS, body()).json()["list"]] == [ids["VOMO/1"]]
    assert sandbox.post(CONTACTS, body(includeArchived=True)).json()["total"] == 3


def test_rows_are_abbreviated_or_full(sandbox: SandboxClient) -> None:
    short, full = (sandbox.post(path, body()).json()["list"][0] for path in (CONTACTS, FULL_CONTACTS))

    assert short == {
        "id": short["id"],
        "name": "Ada King",
        "contactType": "Household",
        "contactName": "Ada King",
        "address": "",
        "email": "ada.1@example.org",
        "phone": "",
        "contactViewUrl": f"/Generosity/Contact/View/{short['id']}",
    }
    assert full == read(sandbox, f"/api/Contact/{short['id']}")


def test_pages_come_from_the_query_string_only(sandbox: SandboxClient) -> None:
    sandbox.batch(*(contact(str(number)) for number in range(10, 40)))

    assert len(sandbox.post(FULL_CONTACTS, body(skip=30, take=1)).json()["list"]) == 25
    assert sandbox.books()["unknown_fields"] == {"query.skip": 1, "query.take": 1}
    page = sandbox.post(f"{FULL_CONTACTS}?skip=30&take=1000", body()).json()
    assert (len(page["list"]), page["total"]) == (3, 33)
    assert sandbox.post(f"{FULL_CONTACTS}?take=1001", body()).status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        body([where("Shoe Size", "Is", "44")]),
        body([where("Contact Id", "After", "1")]),
        body([where("Last Modified Date", "Is After", "2026-05-28")]),
        body([where("Contact Id", "Is", "many")]),
        body([where("Contact Id", "Is", None)]),
        body([where("Create Date", "After", "someday")]),
        body([where("Create Date", "Between", "2026-05-28")]),
        body(sortBy="Mood"),
        {"groups": [5]},
        {"groups": None},
        [],
    ],
)
def test_what_a_query_does_not_know_is_refused(sandbox: SandboxClient, asked: Any) -> None:
    assert sandbox.post(FULL_CONTACTS, asked).status_code == 400


def test_options_name_what_can_be_asked(sandbox: SandboxClient) -> None:
    def operators(path: str) -> dict[str, list[str]]:
        options = read(sandbox, path)["options"]
        return {one["parameter"]: [each["operator"] for each in one["operatorOptions"]] for one in options}

    contacts = operators("/api/Contact/QueryOptions")
    assert {"After", "GreaterThan", "Is", "Between"} <= set(contacts["Last Modified Date"])
    assert contacts["Contact Id"] == [
        "Is",
        "LessThan",
        "LessThanOrEqual",
        "GreaterThan",
        "GreaterThanOrEqual",
        "Between",
    ]
    assert {"Transaction Source", "Transaction Id", "Last Modified DateTime UTC"} <= operators(
        "/api/Gift/QueryOptions"
    ).keys()

    sandbox.world.change_organization(VIRTUOUS, contact_query_modified=False)
    assert "Last Modified Date" not in operators("/api/Contact/QueryOptions")
    asked = body([where("Last Modified Date", "After", "2026-05-28")])
    assert sandbox.post(FULL_CONTACTS, asked).status_code == 400


def test_an_organization_can_spell_operators_as_the_guide_does(
    sandbox: SandboxClient, found: Callable[..., list[str]]
) -> None:
    sandbox.world.change_organization(VIRTUOUS, query_operators="guide")
    offered = {one["operator"] for one in read(sandbox, "/api/Contact/QueryOptions")["operatorOptions"]}

    assert {"Is After", "Greater Than", "Is On", "Is On Or After", "Starts With"} <= offered
    assert found([where("Last Modified Date", "Is After", "2026-05-28")]) == ["1", "3"]
    assert sandbox.post(CONTACTS, body([where("Create Date", "After", "2026-05-28")])).status_code == 400


def test_an_organization_can_take_relative_days_only(sandbox: SandboxClient, found: Callable[..., list[str]]) -> None:
    sandbox.world.change_organization(VIRTUOUS, query_dates="relative")

    assert found([where("Last Modified Date", "OnOrAfter", "Yesterday")]) == ["1", "3"]
    assert sandbox.post(CONTACTS, body([where("Create Date", "After", "2026-05-28")])).status_code == 400


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("source_id", [{"source": "VOMO", "id": "1"}]),
        ("named", [{"referenceSource": "VOMO", "referenceId": "1"}]),
        ("absent", []),
    ],
)
def test_references_have_one_of_three_shapes(sandbox: SandboxClient, shape: str, expected: list[Any]) -> None:
    sandbox.world.change_organization(VIRTUOUS, reference_shape=shape)

    assert sandbox.post(FULL_CONTACTS, body()).json()["list"][0]["contactReferences"] == expected


def test_gifts_are_found_by_their_pairs_in_one_query(sandbox: SandboxClient) -> None:
    donate(sandbox, *(gift(f"don_{number}", notes=f"[{number}]") for number in range(4)))
    pairs = [
        [where("Transaction Source", "Is", "GIVE"), where("Transaction Id", "Is", f"don_{number}")] for number in (1, 3)
    ]

    full = sandbox.post(f"{FULL_GIFTS}?take=1000", body(*pairs)).json()
    short = sandbox.post(GIFTS, body([where("Notes", "Contains", "[2]")])).json()

    assert [one["transactionId"] for one in full["list"]] == ["don_1", "don_3"]
    assert (short["total"], "transactionId" in short["list"][0]) == (1, False)


def test_gifts_are_found_by_day_moment_amount_and_donor(sandbox: SandboxClient) -> None:
    donate(sandbox, gift("a", amount="10", designations=[], giftDate="2026-05-01", batch=5))
    sandbox.clock.time += 60
    donate(sandbox, gift("b"))

    def pairs(*conditions: dict[str, Any], **more: Any) -> list[str]:
        answer = sandbox.post(FULL_GIFTS, body(list(conditions), **more)).json()
        return [one["transactionId"] for one in answer["list"]]

    assert pairs(where("Gift Date", "OnOrAfter", "2026-05-20")) == ["b"]
    assert pairs(where("Create DateTime UTC", "After", "2026-05-30T20:26:50Z")) == ["b"]
    assert pairs(where("Create DateTime UTC", "OnOrAfter", "Today")) == ["a", "b"]
    assert pairs(where("Amount", "LessThan", "10.01")) == pairs(where("Batch", "Is", "5")) == ["a"]
    assert pairs(where("Gift Type", "Is", "credit"), where("Contact Archived", "IsFalse")) == ["a", "b"]
    assert pairs(sortBy="Amount", descending=True) == ["b", "a"]
