"""What donations should be in Virtuous, told from the source alone."""

from typing import Any

import pytest

from sync_pipeline.demo.giving import (
    donations,
    expected_donors,
    expected_gifts,
    expected_reversals,
    gift_of,
    told_gift,
)
from sync_pipeline.demo.records import Records

DONATION: dict[str, Any] = {
    "id": "don_1",
    "status": "succeeded",
    "amount": "30.00",
    "currency": "USD",
    "donated_at": "2026-05-05T17:10:24Z",
    "refunded_at": None,
    "payment_method": "card",
    "donor": {
        "id": "dnr_1",
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "Ada@Example.org",
        "phone": None,
        "address": {"line1": "1 Elm Street", "city": "Fila", "state": "IL", "postal_code": "60601", "country": "US"},
    },
    "allocations": [{"fund_code": "FOOD", "amount": "20.00"}, {"fund_code": "GEN", "amount": "10.00"}],
    "recurring_plan_id": "plan_1",
    "frequency": "monthly",
    "comment": "",
    "anonymous": True,
    "check_number": None,
}
REFUNDED = DONATION | {"status": "refunded", "refunded_at": "2026-05-19T08:00:00Z"}
TRANSACTION: dict[str, Any] = {
    "amount": "30.00",
    "giftDate": "2026-05-05",
    "giftType": "Credit",
    "currencyCode": "USD",
    "recurringGiftTransactionId": "plan_1",
    "frequency": "Monthly",
    "isPrivate": True,
    "contact": {"referenceId": "dnr_1"},
    "designations": [
        {"code": "GEN", "amountDesignated": "10.00"},
        {"code": "FOOD", "amountDesignated": "20.00"},
    ],
}


def seen(*nights: list[dict[str, Any]]) -> Records:
    made = donations()
    for rows in nights:
        made.note(rows)
    return made


def test_a_donation_and_its_transaction_say_the_same() -> None:
    assert gift_of(DONATION) == told_gift(TRANSACTION)


@pytest.mark.parametrize("status", ["pending", "failed", "refunded"])
def test_only_what_succeeded_is_a_gift(status: str) -> None:
    assert gift_of(DONATION | {"status": status}) is None


def test_a_refund_after_the_gift_is_a_reversal_of_its_amount() -> None:
    given = seen([DONATION], [REFUNDED])
    assert given.taken_back(1) == {"don_1"}
    assert expected_gifts(given).keys() == {"don_1"}
    assert expected_reversals(given) == {"don_1": {"giftDate": "2026-05-19", "amount": "-30.00"}}


def test_a_donation_that_was_refunded_before_anybody_looked_is_nothing() -> None:
    given = seen([REFUNDED], [REFUNDED])
    assert (expected_gifts(given), expected_reversals(given), expected_donors(given)) == ({}, {}, {})


def test_the_donor_of_a_gift_becomes_a_contact() -> None:
    assert expected_donors(seen([DONATION]))["dnr_1"] == {
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Byron",
        "emailType": "Home Email",
        "email": "ada@example.org",
        "address1": "1 Elm Street",
        "city": "Fila",
        "state": "IL",
        "postal": "60601",
        "country": "US",
        "tags": [],
    }
