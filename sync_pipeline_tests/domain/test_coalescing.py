"""Rows of one person laid over one another leave what they would leave one after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.coalescing import UNITS, laid_over, rows_of, travelling_together
from sync_pipeline.domain.contact import contact_payload
from sync_pipeline.domain.crm import contacts, gifts
from sync_pipeline.domain.operation import Permit, SendingBatch, SendingOperation

WORDS = st.sampled_from(["a", "b", "c"])
FIELDS = st.sampled_from(
    [
        "firstName",
        "lastName",
        "gender",
        "email",
        "emailType",
        "phone",
        "city",
        "eventId",
        "customFields.Shirt",
        "emailLists",
    ]
)


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    fields = draw(st.dictionaries(FIELDS, WORDS, max_size=5))
    return contact_payload("7", fields, draw(st.lists(WORDS, max_size=3)))


def imported(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A contact after these transactions, as far as the reference says what they do; of ways to reach it, all stay."""
    contact: dict[str, Any] = {"tags": set(), "lists": set(), "custom": {}, "fields": {}, "units": set()}
    together = frozenset[str]().union(*UNITS)
    for row in rows:
        contact["tags"] |= set(str(row.get("tags", "")).split(";")) - {""}
        contact["lists"] |= set(row.get("emailLists", ()))
        contact["custom"] |= row.get("customFields", {})
        rest = row.keys() - together - {"tags", "emailLists", "customFields"}
        contact["fields"] |= {name: row[name] for name in rest}
        units = [tuple(sorted((name, row[name]) for name in unit & row.keys())) for unit in UNITS]
        contact["units"] |= {unit for unit in units if unit}
    return contact


@given(st.lists(payloads(), min_size=1, max_size=6))
def test_a_person_ends_in_the_same_state_as_by_each_change_in_its_order(changes: list[dict[str, Any]]) -> None:
    sent: list[dict[str, Any]] = []
    left = changes
    while left:
        together = travelling_together(left)
        assert together > 0
        sent.append(laid_over(left[:together]))
        left = left[together:]
    assert imported(sent) == imported(changes)


@given(st.lists(payloads(), min_size=1, max_size=4))
def test_laying_rows_over_one_another_changes_none_of_them(changes: list[dict[str, Any]]) -> None:
    before = [{**change} for change in changes]
    laid_over(changes)
    assert changes == before


def test_changes_without_anything_in_common_are_one_row() -> None:
    changes = [
        contact_payload("7", {"firstName": "Ada", "email": "ada@example.org"}, ["People: Member"]),
        contact_payload("7", {"phone": "555", "customFields.Shirt": "M"}, ["People: Donor"]),
        contact_payload("7", {"firstName": "Ada B.", "customFields.Shoe": "7"}, []),
    ]
    assert travelling_together(changes) == 3
    assert laid_over(changes) == {
        "referenceId": "7",
        "contactType": "Household",
        "firstName": "Ada B.",
        "email": "ada@example.org",
        "phone": "555",
        "customFields": {"Shirt": "M", "Shoe": "7"},
        "tags": "People: Donor;People: Member",
    }


def test_another_way_to_reach_a_person_travels_by_itself() -> None:
    first = contact_payload("7", {"email": "ada@example.org", "emailType": "Home Email"}, [])
    second = contact_payload("7", {"email": "ada@work.example.org", "emailType": "Work Email"}, [])
    assert travelling_together([first, first, second]) == 2


def operation(number: int, reference: str) -> SendingOperation:
    return SendingOperation(number, "contact", "save", "VOMO", reference, {}, None, 1)


def test_operations_of_one_person_are_one_row_of_a_transaction_and_gifts_never_are() -> None:
    operations = (operation(1, "7"), operation(2, "8"), operation(3, "7"))
    assert SendingBatch("b", contacts.TRANSACTION, operations, Permit(1, contacts.TRANSACTION)).rows == ((1, 3), (2,))
    assert SendingBatch("b", gifts.TRANSACTION, operations, Permit(1, gifts.TRANSACTION)).rows == ((1,), (2,), (3,))
    assert rows_of(contacts.TRANSACTION, ()) == ()
