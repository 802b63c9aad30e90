"""Recipe expressions are tried out while the configuration is read, not at night."""

import pytest

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("lower(trim(email))", "lower(trim(email)", "fields.email", "not valid"),
        ("lower(trim(email))", "lowercase(email)", "fields.email", "lowercase"),
        ("lower(trim(email))", "upper('a') + 1", "fields.email", "types do not fit"),
        ("lower(trim(email))", "email + 1", "fields.email", "arrives as text"),
        ("lower(trim(email))", "max(email)", "fields.email", "other records"),
        ("lower(trim(email))", "row_number() over (order by email)", "fields.email", "other records"),
        ("lower(trim(email))", "email as mail", "fields.email", "alias"),
        ("lower(trim(email))", "first_name last_name", "fields.email", "concat_ws"),
        ("lower(trim(email))", "contact.email", "fields.email", '"address.city"'),
        ("lower(trim(email))", "'\"^e.*$\"'", "fields.email", "more than one column"),
        ("lower(trim(email))", "try_cast(birthday as date)", "fields.email", "strptime"),
        ("lower(trim(email))", "strptime(birthday, '%Y-%m-%d')", "fields.email", "strftime"),
        ("lower(trim(email))", "strftime(current_date, '%Y')", "fields.email", "clock"),
        ("lower(trim(email))", "string_to_array(email, '@')", "fields.email", "does not fit"),
        ("status = 'active'", "status", "when", "true or false"),
        ("status = 'active'", "hours > 1", "when", "try_cast(hours as double) > 1"),
        ("cast(id as varchar)", "id = '5'", "reference", "whole number"),
        ("'People: ' || role", "length(role)", "tags.0", "text"),
    ],
)
def test_a_wrong_expression_is_a_problem_with_its_remedy(
    folder: FleetFolder, old: str, new: str, key: str, words: str
) -> None:
    folder.change("parts/contacts.yaml", old, new)
    problem = folder.only_problem()
    assert (problem.file.name, problem.key) == ("contacts.yaml", key)
    assert words in f"{problem.message} {problem.remedy}"


@pytest.mark.parametrize(
    "expression",
    [
        "'\"contact.email\"'",
        "coalesce(email, other_email)",
        "concat_ws(' ', first_name, last_name)",
        "case when verified = 'true' then email end",
        "cast(hours as double) * 2",
        "extract(year from strptime(birthday, '%Y-%m-%d'))",
        "'\"null\"'",
    ],
)
def test_a_right_expression_is_accepted(folder: FleetFolder, expression: str) -> None:
    folder.change("parts/contacts.yaml", "lower(trim(email))", expression)
    assert folder.load().problems == []


def test_a_field_that_no_contact_has_is_refused_with_the_nearest_one(folder: FleetFolder) -> None:
    folder.change("parts/contacts.yaml", "firstName:", "fristname:")
    assert "Did you mean firstName?" in folder.only_problem().remedy


def test_tags_and_references_are_not_fields(folder: FleetFolder) -> None:
    folder.change("parts/contacts.yaml", "firstName: first_name", "referenceId: id\n  tags: role\n  customFields.: id")
    assert [key for _, _, key in folder.found()] == ["fields.referenceId", "fields.tags", "fields.customFields."]


def test_a_customers_own_fields_are_checked_even_when_the_recipe_is_broken(folder: FleetFolder) -> None:
    own = "    fields: {email: hours > 1, emial: email}\n"
    folder.change("riverside.yaml", "    source: people\n", f"    source: people\n{own}")
    folder.change("parts/contacts.yaml", "status = 'active'", "status")
    assert folder.found() == [
        ("contacts.yaml", 4, "when"),
        ("riverside.yaml", 16, "streams.people.fields.email"),
        ("riverside.yaml", 16, "streams.people.fields.emial"),
    ]
