"""A gift's facts, found again in the gift that was made of a transaction."""

from typing import Any

import pytest

from sync_pipeline.domain.crm.gift_values import differing, gift_reference

GIFT: dict[str, Any] = {
    "transactionSource": "Giving",
    "transactionId": 17,
    "amount": 25.5,
    "giftDate": "2026-03-01T00:00:00",
}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"amount": "25.50", "giftDate": "2026-03-01"}, set()),
        ({"amount": "25.51", "giftDate": "2026-03-01"}, {"amount"}),
        ({"amount": "25.5", "giftDate": "2026-03-02"}, {"giftDate"}),
        ({"amount": None}, set()),
        ({}, set()),
    ],
)
def test_facts_are_compared_by_meaning(fields: dict[str, str | None], wrong: set[str]) -> None:
    assert differing(fields, GIFT) == wrong


@pytest.mark.parametrize("gift", [{}, {"amount": "none", "giftDate": ""}, {"amount": "$25.50", "giftDate": None}])
def test_what_a_gift_does_not_tell_proves_nothing(gift: dict[str, Any]) -> None:
    assert differing({"amount": "25.50", "giftDate": "2026-03-01"}, gift) == frozenset()


def test_a_gift_names_its_transaction_or_not() -> None:
    assert gift_reference(GIFT) == ("Giving", "17")
    assert gift_reference({"transactionSource": None, "transactionId": None}) is None
