"""Completed forms, as VOMO documents them below their form."""

import pytest

from sync_pipeline_tests.recipes.shipped import ShippedRecipe, changed, columns_of, missing_columns

recipe = ShippedRecipe("vomo_completions_to_notes")

ANSWER = "allergic to bees"
COMPLETION = {
    "type": "form_completion",
    "id": 5,
    "form_id": 2,
    "user_id": 17,
    "project_id": None,
    "participation_id": None,
    "field_responses": [
        {
            "type": "field_response",
            "id": 51,
            "form_completion_id": 5,
            "user_id": 17,
            "field_id": 21,
            "value": ANSWER,
        }
    ],
    "created_at": "2026-05-09T14:00:00+00:00",
    "updated_at": "2026-05-09T14:00:00+00:00",
}
FORM = {"type": "form", "id": 2, "name": "Safety Waiver", "description": None, "form_type": "GENERAL"}


def test_a_completion_becomes_a_note_about_which_form_and_when() -> None:
    assert recipe.payload(COMPLETION, FORM) == {
        "contact": ["SOURCE", "17"],
        "note": {
            "type": "General",
            "note": 'Completed the form "Safety Waiver" on 2026-05-09 in VOMO.\n[sync:SOURCE/completion-5]',
            "noteDateTime": "2026-05-09T14:00:00+00:00",
        },
        "replaces": False,
    }
    assert recipe.problem(COMPLETION, FORM) is None


def test_the_answers_stay_where_they_are() -> None:
    assert ANSWER not in str(recipe.payload(COMPLETION, FORM))
    assert "field_responses" not in recipe.columns


def test_the_reference_is_no_users_and_no_projects() -> None:
    assert recipe.mapped(changed(COMPLETION, id="5"), FORM).reference == "completion-5"


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_what_is_not_known_is_left_out_of_the_text(nothing: str | None) -> None:
    fields = recipe.filled(changed(COMPLETION, created_at=nothing), changed(FORM, name=nothing))
    assert fields == {"contact": "17", "note": 'Completed the form "without a name" in VOMO.'}
    assert recipe.problem(changed(COMPLETION, user_id=nothing), FORM) == "contact is empty"


@pytest.mark.parametrize("moment", ["2026-05-09T14:00:00.000000Z", "2026-05-09 14:00:00"])
def test_every_documented_style_of_time_is_read(moment: str) -> None:
    written = changed(COMPLETION, created_at=moment)
    assert recipe.problem(written, FORM) is None
    assert "on 2026-05-09 in" in str(recipe.filled(written, FORM)["note"])


def test_a_time_that_is_none_is_named() -> None:
    assert recipe.problem(changed(COMPLETION, created_at="yesterday"), FORM) == "noteDateTime is not a time"


def test_the_recipe_reads_only_documented_columns() -> None:
    assert missing_columns(recipe, columns_of(COMPLETION), columns_of(FORM, "parent.")) == set()
