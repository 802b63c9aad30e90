"""Donors of the giving platform."""

from typing import Any

import pytest

from sync_pipeline_tests.recipes.shipped import ShippedRecipe, changed, columns_of, missing_columns

recipe = ShippedRecipe("giving_donors_to_contacts")

DONOR: dict[str, Any] = {
    "id": "dnr_000058",
    "first_name": "Ada",
    "last_name": " Byron",
    "email": "Ada@Example.org ",
    "phone": "(555) 555-0109",
    "address": {"line1": "1 Elm Street", "city": "Fila", "state": "IL", "postal_code": "60601", "country": "US"},
    "created_at": "2025-05-05T17:10:24Z",
    "updated_at": "2026-05-05T17:10:24Z",
}


def test_a_donor_becomes_a_household_with_an_address() -> None:
    mapped = recipe.mapped(DONOR)
    assert recipe.filled(DONOR) == {
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Byron",
        "emailType": "Home Email",
        "email": "ada@example.org",
        "phoneType": "Home Phone",
        "phone": "(555) 555-0109",
        "address1": "1 Elm Street",
        "city": "Fila",
        "state": "IL",
        "postal": "60601",
        "country": "US",
    }
    assert (mapped.reference, mapped.tags) == ("dnr_000058", ("Giving: Donor",))
    assert recipe.problem(DONOR) is None


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_what_is_not_known_is_left_out(nothing: str | None) -> None:
    """No empty texts, no types without a value."""
    silent = changed(DONOR, email=nothing, phone=nothing, address__line1=nothing)
    assert recipe.filled(silent).keys().isdisjoint({"email", "emailType", "phone", "phoneType", "address1"})


def test_a_donor_without_any_name_is_refused_by_name() -> None:
    nobody = changed(DONOR, first_name=None, last_name="")
    assert recipe.problem(nobody) == "the contact has no name: name, firstName and lastName are empty"


def test_the_recipe_reads_only_columns_of_a_donor() -> None:
    assert missing_columns(recipe, columns_of(DONOR)) == set()
