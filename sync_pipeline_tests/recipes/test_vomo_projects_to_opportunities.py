"""Projects as VOMO's list shows them."""

import pytest

from sync_pipeline_tests.recipes.shipped import ShippedRecipe, changed, columns_of, missing_columns

recipe = ShippedRecipe("vomo_projects_to_opportunities")

PROJECT = {
    "type": "project",
    "id": 3,
    "name": " Pantry Shift ",
    "project_name": "Pantry Shift",
    "description": "Come and help.",
    "organization_id": 1,
    "address": {
        "lat": 41.9,
        "lng": -87.6,
        "venue": "Fila Hall",
        "route": "910 Elkava Street",
        "locality": "Fila",
        "administrative_area_level_1": "Illinois",
        "administrative_area_level_1_short": "IL",
        "country": "United States",
        "country_short": "US",
        "postal_code": "60601",
        "formatted_address": "910 Elkava Street, Fila, IL 60601, USA",
        "timezone": "America/Chicago",
    },
    "anytime": 0,
    "draft": False,
    "published_at": "2026-01-02T10:00:00+00:00",
    "created_at": "2026-01-02T10:00:00+00:00",
    "updated_at": "2026-01-02T10:00:00+00:00",
}


def test_a_project_becomes_an_opportunity_with_its_place() -> None:
    assert recipe.payload(PROJECT) == {
        "opportunity": {
            "name": "Pantry Shift",
            "description": "Come and help.",
            "timeZone": "America/Chicago",
            "locationName": "Fila Hall",
            "address1": "910 Elkava Street",
            "city": "Fila",
            "state": "IL",
            "postal": "60601",
            "country": "US",
            "isActive": True,
        },
        "replaces": False,
    }
    assert recipe.mapped(PROJECT).reference == "3"


def test_what_moves_by_itself_is_no_change() -> None:
    tonight = {"type": "project_date", "id": 9, "starts_at": "2026-05-09T14:00:00+00:00"}
    moved = changed(PROJECT, updated_at="2026-05-08T10:00:00+00:00") | {"next_date": tonight}
    assert recipe.kind.groups(recipe.mapped(moved)) == recipe.kind.groups(recipe.mapped(PROJECT))


@pytest.mark.parametrize(
    ("draft", "active"), [(True, False), (1, False), ("1", False), (False, True), (0, True), (None, True)]
)
def test_a_draft_is_not_active(draft: object, active: bool) -> None:
    assert recipe.mapped(changed(PROJECT, draft=draft)).matches
    assert recipe.payload(changed(PROJECT, draft=draft))["opportunity"]["isActive"] is active


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_without_a_name_the_project_is_refused_by_name_and_an_empty_place_is_left_out(nothing: str | None) -> None:
    assert recipe.problem(changed(PROJECT, name=nothing)) == "name is empty"
    elsewhere = changed(PROJECT, description=nothing, address__venue=nothing, address__timezone=nothing)
    assert recipe.payload(elsewhere)["opportunity"].keys().isdisjoint({"description", "locationName", "timeZone"})


def test_an_online_project_without_an_address_is_fine() -> None:
    assert recipe.filled(changed(PROJECT, address=None)) == {
        "name": "Pantry Shift",
        "description": "Come and help.",
        "isActive": "true",
    }


def test_the_recipe_reads_only_columns_of_the_list() -> None:
    assert missing_columns(recipe, columns_of(PROJECT)) == set()
