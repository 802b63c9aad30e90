"""Hours below project dates, as VOMO documents them, and in every spelling its examples show."""

import pytest

from sync_pipeline_tests.recipes.shipped import ShippedRecipe, changed, columns_of, missing_columns

recipe = ShippedRecipe("vomo_participations_to_attendance")

# Only what the data model page lists, and who it was: webhooks show more, no account has to.
PARTICIPATION = {
    "user_id": 17,
    "project_id": 3,
    "project_date_id": 31,
    "role": "Packer",
    "signed_up_at": "2026-05-01T10:00:00+00:00",
    "checked_in_at": "2026-05-09T14:10:00+00:00",
    "checked_out_at": None,
    "hours": 3.5,
    "verified": True,
    "guests": 0,
}
DATE = {
    "type": "project_date",
    "id": 31,
    "starts_at": "2026-05-09T14:00:00+00:00",
    "ends_at": "2026-05-09T17:30:00+00:00",
}
PROJECT = {"type": "project", "id": 3, "name": "Pantry Shift", "address": {"timezone": "America/Chicago"}}


def test_hours_are_recorded_at_the_projects_opportunity_at_the_time_of_the_date() -> None:
    assert recipe.payload(PARTICIPATION, DATE, PROJECT) == {
        "contact": ["SOURCE", "17"],
        "opportunity": ["SOURCE", "3"],
        "attendance": {
            "hours": 3.5,
            "startDateTimeUtc": "2026-05-09T14:00:00Z",
            "endDateTimeUtc": "2026-05-09T17:30:00Z",
            "timeZone": "America/Chicago",
        },
        "replaces": False,
    }
    assert recipe.problem(PARTICIPATION, DATE, PROJECT) is None


def test_other_spellings_of_the_same_hours_are_no_change() -> None:
    """Ids and hours as text, flags as 0 and 1, times with microseconds: a webhook's style of the same record."""
    spelled = changed(PARTICIPATION, user_id="17", hours="3.50", verified=1, checked_in_at=None)
    date = changed(DATE, starts_at="2026-05-09T14:00:00.000000Z", ends_at="2026-05-09T17:30:00.000000Z")
    groups = recipe.kind.groups(recipe.mapped(PARTICIPATION, DATE, PROJECT))
    assert recipe.kind.groups(recipe.mapped(spelled, date, changed(PROJECT, id="3"))) == groups


def test_the_reference_is_the_records_key_because_an_id_is_not_documented() -> None:
    assert recipe.mapped(PARTICIPATION, DATE, PROJECT, key="|parent.id|user_id|role|31|17|Packer").reference == (
        "|parent.id|user_id|role|31|17|Packer"
    )


@pytest.mark.parametrize("hours", [None, "", " ", "null", "NULL", 0, 0.0, "0.00"])
def test_without_hours_nobody_attended(hours: object) -> None:
    """Signed up only, declined, or brought an item."""
    assert not recipe.mapped(changed(PARTICIPATION, hours=hours), DATE, PROJECT).matches


@pytest.mark.parametrize("hours", ["3,5", "three", "-1", -1, "NaN", "1000"])
def test_hours_that_are_no_hours_are_named_and_not_lost(hours: object) -> None:
    assert recipe.problem(changed(PARTICIPATION, hours=hours), DATE, PROJECT) == "hours is not a number of hours"


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_what_hours_cannot_do_without_is_named(nothing: str | None) -> None:
    assert recipe.problem(changed(PARTICIPATION, user_id=nothing), DATE, PROJECT) == "contact is empty"
    assert recipe.problem(PARTICIPATION, changed(DATE, starts_at=nothing), PROJECT) == "startDateTimeUtc is empty"
    assert recipe.problem(PARTICIPATION, DATE, changed(PROJECT, id=nothing)) == "opportunity is empty"


def test_a_time_that_is_none_is_named() -> None:
    assert recipe.problem(PARTICIPATION, changed(DATE, starts_at="soon"), PROJECT) == "startDateTimeUtc is not a time"
    assert recipe.problem(PARTICIPATION, changed(DATE, ends_at="late"), PROJECT) == "endDateTimeUtc is not a time"


@pytest.mark.parametrize("nothing", [None, "null"])
def test_without_an_end_or_a_time_zone_the_hours_and_utc_are_taken(nothing: str | None) -> None:
    date, project = changed(DATE, ends_at=nothing), changed(PROJECT, address__timezone=nothing)
    attendance = recipe.payload(PARTICIPATION, date, project)["attendance"]
    assert (attendance["endDateTimeUtc"], attendance["timeZone"]) == ("2026-05-09T17:30:00Z", "UTC")


def test_the_recipe_reads_only_documented_columns() -> None:
    documented = (
        columns_of(PARTICIPATION),
        columns_of(DATE, "parent."),
        columns_of(PROJECT, "parent.parent."),
    )
    assert missing_columns(recipe, *documented) == {"need.type", "status"}  # optional: only webhooks show them
