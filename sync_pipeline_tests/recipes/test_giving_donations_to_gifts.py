"""Donations of the giving platform: what becomes a gift, what never does, and what takes one back."""

from typing import Any

import pytest

from sync_pipeline.domain.change import Action
from sync_pipeline_tests.recipes.shipped import (
    RULES,
    ShippedRecipe,
    changed,
    columns_of,
    missing_columns,
    shipped_connector,
)

recipe = ShippedRecipe("giving_donations_to_gifts")

DONATION: dict[str, Any] = {
    "id": "don_000001",
    "status": "succeeded",
    "amount": "125.00",
    "currency": "usd",
    "donated_at": "2026-05-05T17:10:24Z",
    "updated_at": "2026-05-05T17:10:24Z",
    "refunded_at": None,
    "payment_method": "check",
    "donor": {
        "id": "dnr_000058",
        "first_name": " Ada ",
        "last_name": "Byron",
        "email": "Ada@Example.org",
        "phone": "(555) 555-0109",
        "address": {"line1": "1 Elm Street", "city": "Fila", "state": "IL", "postal_code": "60601", "country": "US"},
    },
    "allocations": [
        {"fund_code": "FOOD", "fund_name": "Food Program", "amount": "100.00"},
        {"fund_code": "GEN", "fund_name": "General Fund", "amount": "25.00"},
    ],
    "recurring_plan_id": None,
    "frequency": None,
    "comment": "For the kitchen",
    "anonymous": False,
    "check_number": "7001",
}


def test_a_donation_becomes_a_gift_with_its_donor_and_its_split() -> None:
    assert recipe.payload(DONATION) == {
        "transactionId": "don_000001",
        "giftDate": "2026-05-05",
        "amount": "125.00",
        "currencyCode": "USD",
        "giftType": "Check",
        "checkNumber": "7001",
        "notes": "For the kitchen",
        "frequency": "OneTime",
        "contact": {
            "referenceId": "dnr_000058",
            "type": "Household",
            "firstname": "Ada",
            "lastname": "Byron",
            "emailType": "Home Email",
            "email": "ada@example.org",
            "phoneType": "Home Phone",
            "phone": "(555) 555-0109",
            "address": {"address1": "1 Elm Street", "city": "Fila", "state": "IL", "postal": "60601", "country": "US"},
        },
        "designations": [
            {"code": "FOOD", "amountDesignated": "100.00"},
            {"code": "GEN", "amountDesignated": "25.00"},
        ],
    }
    assert recipe.problem(DONATION) is None


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("card", "Credit"),
        ("ACH", "Electronic Funds Transfer"),
        ("cash", "Cash"),
        ("stock", "Other"),
        (None, "Other"),
        ("", "Other"),
    ],
)
def test_the_way_of_paying_is_a_gift_type_that_virtuous_knows(method: str | None, kind: str) -> None:
    assert recipe.payload(changed(DONATION, payment_method=method))["giftType"] == kind


@pytest.mark.parametrize(
    ("interval", "frequency"), [("monthly", "Monthly"), ("weekly", "Weekly"), ("yearly", "Annually")]
)
def test_a_payment_of_a_plan_names_the_recurring_gift(interval: str, frequency: str) -> None:
    payload = recipe.payload(changed(DONATION, recurring_plan_id="plan_000004", frequency=interval))
    assert (payload["recurringGiftTransactionId"], payload["frequency"]) == ("plan_000004", frequency)


@pytest.mark.parametrize("anonymous", [True, 1, "1", "true"])
def test_an_anonymous_gift_is_private(anonymous: object) -> None:
    assert recipe.payload(changed(DONATION, anonymous=anonymous))["isPrivate"] is True


@pytest.mark.parametrize("status", ["pending", "failed", "refunded", None, ""])
def test_only_what_succeeded_is_a_gift(status: str | None) -> None:
    assert not recipe.mapped(changed(DONATION, status=status)).matches


def test_a_refund_is_a_reversal_on_its_day() -> None:
    refunded = recipe.mapped(changed(DONATION, status="refunded", refunded_at="2026-05-19T08:00:00Z"))
    deletion = recipe.kind.deletion(refunded, "don_000001", RULES)
    assert deletion is not None
    assert deletion.writes is not None
    assert [(write.action, write.payload) for write in deletion.writes] == [
        (Action.REVERSE, {"giftDate": "2026-05-19", "notes": "Refunded at the giving platform."})
    ]


def test_a_payment_that_failed_later_or_vanished_is_reversed_today() -> None:
    for last in (recipe.mapped(changed(DONATION, status="failed")), recipe.mapped(DONATION), None):
        deletion = recipe.kind.deletion(last, "don_000001", RULES)
        assert deletion is not None
        assert deletion.writes is not None
        assert deletion.writes[0].payload == {"giftDate": RULES.today, "notes": "The source took this gift back."}


def test_a_renamed_fund_is_no_change_of_a_gift() -> None:
    renamed = changed(DONATION)
    renamed["allocations"][0]["fund_name"] = "Meals"
    assert recipe.kind.groups(recipe.mapped(renamed)) == recipe.kind.groups(recipe.mapped(DONATION))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"amount": None}, "amount is not a positive sum of at most two decimals"),
        ({"amount": "0.00"}, "amount is not a positive sum of at most two decimals"),
        ({"amount": "$125"}, "amount is not a positive sum of at most two decimals"),
        ({"donated_at": None}, "giftDate is not a date"),
        ({"donated_at": "05/05/2026"}, "giftDate is not a date"),
        (
            {"donor": dict.fromkeys(DONATION["donor"])},
            "the gift names no donor: contact.referenceId, contact.email and contact.lastname are empty",
        ),
        ({"amount": "126.00"}, "the designations do not add up to the amount"),
        ({"allocations": "all to food"}, "the column allocations is no list of designations"),
        (
            {"allocations": [{"fund_code": "GEN", "amount": "a lot"}]},
            "an amount of a designation is not a sum of at most two decimals",
        ),
        (
            {"allocations": [{"fund_code": None, "amount": "125.00"}]},
            "a designation names no project: id, code and name are empty",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(changes: dict[str, object], problem: str) -> None:
    assert recipe.problem(changed(DONATION, **changes)) == problem


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_what_is_not_known_is_left_out(nothing: str | None) -> None:
    donor = dict.fromkeys(DONATION["donor"], nothing) | {"id": "dnr_000058", "address": None}
    bare = changed(DONATION, donor=donor, comment=nothing, check_number=nothing, allocations=None)
    payload = recipe.payload(bare)
    assert payload["contact"] == {"referenceId": "dnr_000058", "type": "Household"}
    assert payload["designations"] == []
    assert payload.keys().isdisjoint({"notes", "checkNumber", "isPrivate", "recurringGiftTransactionId"})


def test_the_recipe_reads_only_columns_of_a_donation() -> None:
    assert missing_columns(recipe, columns_of(DONATION)) == set()


def test_the_connector_reads_donations_by_cursor_and_since_the_last_change() -> None:
    connector = shipped_connector("giving")
    assert connector.auth.model_dump() == {"kind": "header", "name": "X-Api-Key", "prefix": ""}
    donations = connector.stream("donations")
    assert (donations.path, donations.records, donations.key) == ("/donations", "data", (("id",),))
    assert donations.pagination is not None
    assert donations.pagination.model_dump() == {
        "kind": "cursor",
        "path": "next_cursor",
        "parameter": "cursor",
        "more": "has_more",
    }
    assert donations.modified is not None
    assert donations.modified.model_dump() == {
        "field": "updated_at",
        "parameter": "updated_since",
        "inclusive": True,
        "format": "iso",
    }
    assert set(connector.streams) == {"donations", "donors", "recurring_plans", "funds"}
