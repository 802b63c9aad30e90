"""The shipped recipe on rows as VOMO documents them, and on the oddities it documents too."""

from pathlib import Path

import polars as pl
import pytest

import sync_pipeline
from sync_pipeline.adapters.configuration.component import read_connector, read_recipe
from sync_pipeline.domain.recipe_sql import columns_of, compile_expression

SHIPPED = Path(sync_pipeline.__file__).parent
RECIPE_FILE = SHIPPED / "recipes/vomo_users_to_contacts.yaml"
CONNECTOR_FILE = SHIPPED / "connectors/vomo.yaml"
DOCUMENTED_COLUMNS = {
    "id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "birthday",
    "gender",
    "membership_role",
}
USER = {
    "id": "17",
    "first_name": " Ada ",
    "last_name": "Lovelace",
    "email": " Ada@Example.ORG ",
    "phone": "(555) 010-0100",
    "birthday": "1990-05-09",
    "gender": "F",
    "membership_role": "VOLUNTEER",
}

recipe = read_recipe(RECIPE_FILE, RECIPE_FILE.read_text(encoding="utf-8")).model


def mapped(name: str, **changes: str | None) -> str | None:
    """The value the recipe gives for one field of USER with some columns changed."""
    assert recipe is not None
    texts = {**recipe.fields, "reference": recipe.reference, "tag": recipe.tags[0]}
    row = pl.DataFrame({column: [value] for column, value in {**USER, **changes}.items()}, schema_overrides=ALL_TEXT)
    return row.select(compile_expression(texts[name]).cast(pl.String).alias("value")).item()


ALL_TEXT = dict.fromkeys(USER, pl.String)


def test_a_complete_user_becomes_a_household_with_every_field() -> None:
    assert recipe is not None
    assert {name: mapped(name) for name in recipe.fields} == {
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "emailType": "Home Email",
        "email": "ada@example.org",
        "phoneType": "Home Phone",
        "phone": "(555) 010-0100",
        "birthMonth": "5",
        "birthDay": "9",
        "birthYear": "1990",
        "gender": "Female",
    }
    assert (mapped("reference"), mapped("tag")) == ("17", "VOMO: Volunteer")


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_what_is_not_known_gives_nothing(nothing: str | None) -> None:
    """No empty texts, no types without a value, no tag without a role."""
    assert recipe is not None
    blank = dict.fromkeys((column for column in USER if column != "id"), nothing)
    assert {name: mapped(name, **blank) for name in recipe.fields if name != "contactType"} == dict.fromkeys(
        name for name in recipe.fields if name != "contactType"
    )
    assert mapped("tag", membership_role=nothing) is None


@pytest.mark.parametrize(
    ("birthday", "parts"),
    [
        ("2000-12-31", ("12", "31", "2000")),
        (" 1985-10-01 ", ("10", "1", "1985")),
        ("2024-02-29", ("2", "29", "2024")),
        ("2000-02-29", ("2", "29", "2000")),
        ("2023-02-29", (None, None, None)),
        ("2024-02-30", (None, None, None)),
        ("1999-04-31", (None, None, None)),
        ("1999-13-01", (None, None, None)),
        ("1999-00-10", (None, None, None)),
        ("0000-00-00", (None, None, None)),
        ("1999-5-9", (None, None, None)),
        ("05/09/1999", (None, None, None)),
        ("1999-05", (None, None, None)),
        ("null", (None, None, None)),
    ],
)
def test_only_a_day_of_the_calendar_is_a_birthday(birthday: str, parts: tuple[str | None, ...]) -> None:
    assert tuple(mapped(name, birthday=birthday) for name in ("birthMonth", "birthDay", "birthYear")) == parts


@pytest.mark.parametrize(
    ("gender", "word"), [("M", "Male"), ("f", "Female"), (" F ", "Female"), ("N", None), ("X", None)]
)
def test_gender_is_the_word_virtuous_answers_or_nothing(gender: str, word: str | None) -> None:
    assert mapped("gender", gender=gender) == word


@pytest.mark.parametrize(
    ("role", "tag"), [("ORGANIZER", "VOMO: Organizer"), ("admin", "VOMO: Admin"), ("Team lead", "VOMO: Team Lead")]
)
def test_the_role_becomes_a_prefixed_tag(role: str, tag: str) -> None:
    assert mapped("tag", membership_role=role) == tag


def test_the_recipe_reads_only_columns_of_the_documented_list_shape() -> None:
    assert recipe is not None
    texts = [recipe.reference, *recipe.fields.values(), *recipe.tags]
    used = frozenset[str]().union(*(columns_of(compile_expression(text)) for text in texts))
    assert used == DOCUMENTED_COLUMNS
    assert recipe.when is None


def test_the_shipped_connector_reads_users_as_documented() -> None:
    connector = read_connector(CONNECTOR_FILE, CONNECTOR_FILE.read_text(encoding="utf-8")).model
    assert connector is not None
    users = connector.stream("users")
    assert str(connector.base_url) == "https://api.vomo.org/v1"
    assert connector.auth.kind == "bearer"
    assert (users.path, users.records, users.total, users.key) == ("/users", "data", "meta.total", (("id",),))
    assert users.pagination is not None
    assert users.pagination.model_dump() == {"kind": "next_link", "path": "links.next"}
    assert users.modified is not None
    assert users.modified.model_dump() == {
        "field": "updated_at",
        "parameter": "updated_after",
        "inclusive": True,
        "format": "iso",
    }
