"""What each kind of write takes and needs: known when the files are read, not a dead letter per record at night."""

from pathlib import Path

import pytest

from sync_pipeline.domain.configuration.needed import NEEDED
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS
from sync_pipeline_tests.adapters.configuration.folder import FleetFolder

FIELDS = {
    "contact": {"lastName": "last_name", "customFields.Shirt size": "size"},
    "gift": {
        "amount": "total",
        "giftDate": "day",
        "giftType": "type",
        "contact.email": "email",
        "customFields.Appeal": "appeal",
    },
    "note": {"contact": "person", "note": "'Signed up'"},
    "attendance": {"contact": "person", "opportunity": "event", "hours": "hours", "startDateTimeUtc": "began"},
    "opportunity": {"name": "title", "customFields.Site": "site"},
}
VALUES = {
    "amount": "5.00",
    "giftDate": "2026-03-01",
    "giftType": "Cash",
    "hours": "2",
    "startDateTimeUtc": "2026-03-01T08:00:00Z",
}
POLICIES = {
    "contact": ["tag", "archive", "ignore"],
    "gift": ["reverse", "ignore"],
    "note": ["ignore"],
    "attendance": ["remove", "ignore"],
    "opportunity": ["ignore"],
}
KIND_AND_POLICY = [(kind, policy) for kind in POLICIES for policy in ("tag", "archive", "remove", "reverse", "ignore")]
KIND_AND_NEEDED = [(kind, names) for kind, needed in NEEDED.items() for names in needed]
DESIGNATIONS = "designations: {column: allocations, amount: amount, code: fund_code}\n"


def write_recipe(
    folder: FleetFolder, kind: str, fields: dict[str, str], name: str = "contacts", more: str = ""
) -> Path:
    lines = [f"  {field}: {sql}" if "'" not in sql else f'  {field}: "{sql}"' for field, sql in fields.items()]
    head = f"recipe: {name}\nwrites: {kind}\nreference: cast(id as varchar)\n"
    return folder.write(f"parts/{name}.yaml", "\n".join([f"{head}{more}fields:", *lines, ""]))


def write_kind(folder: FleetFolder, kind: str, fields: dict[str, str] | None = None, more: str = "") -> None:
    """The customer's stream writes this kind; hours have their opportunities."""
    write_recipe(folder, kind, FIELDS[kind] if fields is None else fields, more=more)
    if kind == "attendance":
        add_opportunities(folder)


def add_opportunities(folder: FleetFolder, source: str = "people") -> None:
    write_recipe(folder, "opportunity", FIELDS["opportunity"], name="opportunities")
    stream = f"  events: {{source: {source}, stream: plain, recipe: parts/opportunities.yaml}}\n"
    folder.change("riverside.yaml", "streams:\n", f"streams:\n{stream}")


def in_stream(folder: FleetFolder, line: str) -> None:
    folder.change(
        "riverside.yaml", "    recipe: parts/contacts.yaml\n", f"    recipe: parts/contacts.yaml\n    {line}\n"
    )


def told(folder: FleetFolder) -> list[tuple[str, str]]:
    return [(problem.file.name, problem.key) for problem in folder.load().problems]


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_written(folder: FleetFolder, kind: str) -> None:
    write_kind(folder, kind)
    assert folder.load().problems == []


@pytest.mark.parametrize(("kind", "policy"), KIND_AND_POLICY)
def test_each_kind_has_its_own_ways_to_delete(folder: FleetFolder, kind: str, policy: str) -> None:
    write_kind(folder, kind)
    in_stream(folder, f"on_delete: {policy}")
    if policy in POLICIES[kind]:
        assert folder.load().customers["riverside"].deletion_policy("people") == policy
        return
    problem = folder.only_problem()
    assert (problem.file.name, problem.key) == ("riverside.yaml", "streams.people.on_delete")
    assert f"not for a{'n' if kind[0] in 'ao' else ''} {kind}" in problem.message
    assert problem.remedy == f"Write {' or '.join(POLICIES[kind])}."


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_first_way_to_delete_is_the_default(folder: FleetFolder, kind: str) -> None:
    write_kind(folder, kind)
    assert folder.load().customers["riverside"].deletion_policy("people") == POLICIES[kind][0]


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("contact", "fristName", "firstName"),
        ("gift", "contact.refrenceId", "contact.referenceId"),
        ("gift", "designations.code", "designation.code"),
        ("note", "noteDate", "noteDateTime"),
        ("attendance", "startDateTime", "startDateTimeUtc"),
        ("opportunity", "locationname", "locationName"),
    ],
)
def test_a_field_the_kind_does_not_have_is_refused_with_the_nearest_one(
    folder: FleetFolder, kind: str, wrong: str, right: str
) -> None:
    write_kind(folder, kind, {**FIELDS[kind], wrong: "x"})
    problem = folder.only_problem()
    assert (problem.file.name, problem.key) == ("contacts.yaml", f"fields.{wrong}")
    assert "has no such field" in problem.message
    assert f"Did you mean {right}?" in problem.remedy


@pytest.mark.parametrize(("kind", "takes"), [(kind, kind in ("contact", "gift", "opportunity")) for kind in KINDS])
def test_custom_fields_are_for_the_kinds_that_have_them(folder: FleetFolder, kind: str, takes: bool) -> None:
    write_kind(folder, kind, {**FIELDS[kind], '"customFields.Any"': "x"})
    assert [key for _, key in told(folder)] == ([] if takes else ["fields.customFields.Any"])


@pytest.mark.parametrize(("kind", "takes"), [(kind, kind in ("contact", "gift")) for kind in KINDS])
def test_tags_are_for_contacts_and_the_donors_of_gifts(folder: FleetFolder, kind: str, takes: bool) -> None:
    write_kind(folder, kind, more="tags: [\"'A: ' || role\"]\n")
    assert told(folder) == ([] if takes else [("contacts.yaml", "tags")])


@pytest.mark.parametrize("kind", list(KINDS))
def test_designations_are_for_gifts(folder: FleetFolder, kind: str) -> None:
    write_kind(folder, kind, more=DESIGNATIONS)
    assert told(folder) == ([] if kind == "gift" else [("contacts.yaml", "designations")])


def test_designations_of_a_list_and_of_fields_exclude_each_other(folder: FleetFolder) -> None:
    write_kind(folder, "gift", {**FIELDS["gift"], "designation.code": "fund"}, more=DESIGNATIONS)
    assert told(folder) == [("contacts.yaml", "fields.designation.code")]
    write_kind(folder, "gift", more=DESIGNATIONS)
    in_stream(folder, "fields: {designation.code: fund}")
    problem = folder.only_problem()
    assert (problem.file.name, problem.key) == ("riverside.yaml", "streams.people.fields.designation.code")
    assert "designations" in problem.remedy


def test_a_designation_must_name_its_project_and_amount(folder: FleetFolder) -> None:
    write_kind(folder, "gift", more="designations: {column: allocations, amount: amount}\n")
    assert "`code:`, `name:` or `id:`" in folder.only_problem().remedy
    write_kind(folder, "gift", more="designations: {column: allocations, code: fund_code}\n")
    assert folder.only_problem().key == "designations.amount"


@pytest.mark.parametrize(("kind", "names"), KIND_AND_NEEDED)
def test_a_field_without_which_every_record_would_be_a_dead_letter_must_be_filled(
    folder: FleetFolder, kind: str, names: tuple[str, ...]
) -> None:
    fields = {name: sql for name, sql in FIELDS[kind].items() if name not in names}
    write_kind(folder, kind, fields or {"customFields.Any": "x"})
    problem = folder.only_problem()
    assert (problem.file.name, problem.line, problem.key) == (
        "riverside.yaml",
        16 if kind != "attendance" else 17,
        "streams.people.recipe",
    )
    assert all(name in problem.message for name in names)
    assert "`fields`" in problem.remedy
    in_stream(folder, f"fields: {{{names[-1]}: x}}")
    assert folder.load().problems == []


@pytest.mark.parametrize(("kind", "names"), KIND_AND_NEEDED)
def test_what_the_files_must_fill_is_what_a_record_must_have(kind: str, names: tuple[str, ...]) -> None:
    """Otherwise a configuration is refused that works, or accepted although no record of it can be written."""
    filled: dict[str, str | None] = {field: VALUES.get(field, "x") for field in FIELDS[kind]}
    without: dict[str, str | None] = {field: value for field, value in filled.items() if field not in names}
    assert KINDS[kind].problem(MappedRecord("1", True, "1", filled, ())) is None
    assert KINDS[kind].problem(MappedRecord("1", True, "1", without, ())) is not None
    for name in names:
        assert KINDS[kind].problem(MappedRecord("1", True, "1", {**without, name: VALUES.get(name, "x")}, ())) is None


def test_everything_that_is_missing_is_named_at_once(folder: FleetFolder) -> None:
    write_kind(folder, "attendance", {"endDateTimeUtc": "ended"})
    message = folder.only_problem().message
    assert "an attendance needs contact, opportunity, hours, startDateTimeUtc" in message


def test_a_misspelled_field_is_told_and_not_also_missed(folder: FleetFolder) -> None:
    write_kind(folder, "note", {"contact": "person", "text": "body"})
    assert folder.only_problem().key == "fields.text"


def test_hours_without_opportunities_would_wait_for_ever(folder: FleetFolder) -> None:
    write_recipe(folder, "attendance", FIELDS["attendance"])
    problem = folder.only_problem()
    assert (problem.file.name, problem.line, problem.key) == ("riverside.yaml", 16, "streams.people.recipe")
    assert "writes opportunity" in problem.remedy


def test_opportunities_of_another_source_do_not_help_unless_the_hours_name_them(folder: FleetFolder) -> None:
    other = "  other: {connector: parts/people.yaml, token: env:OTHER, reference_source: OTHER}\n"
    folder.change("riverside.yaml", "sources:\n", f"sources:\n{other}")
    write_recipe(folder, "attendance", FIELDS["attendance"])
    add_opportunities(folder, source="other")
    assert "of reference_source PEOPLE" in folder.only_problem().message
    in_stream(folder, "fields: {opportunitySource: \"'OTHER'\"}")
    assert folder.load().problems == []


def test_an_unreadable_recipe_is_not_taken_for_missing_opportunities(folder: FleetFolder) -> None:
    write_kind(folder, "attendance")
    folder.write("parts/opportunities.yaml", "recipe: opportunities\nwrites: opportunites\nreference: id\nfields: {}\n")
    assert {key for _, key in told(folder)} == {"writes", "fields"}


@pytest.mark.parametrize("kind", list(KINDS))
def test_only_updates_of_contacts_are_urgent(folder: FleetFolder, kind: str) -> None:
    write_kind(folder, kind, more="urgent: role = 'opted out'\n")
    assert told(folder) == ([] if kind == "contact" else [("contacts.yaml", "urgent")])


@pytest.mark.parametrize("kind", list(KINDS))
def test_only_fields_of_contacts_give_way_to_what_virtuous_has(folder: FleetFolder, kind: str) -> None:
    write_kind(folder, kind)
    field = "lastName" if kind == "contact" else next(iter(FIELDS[kind]))
    in_stream(folder, f"write: {{{field}: if_empty}}")
    assert told(folder) == ([] if kind == "contact" else [("riverside.yaml", "streams.people.write")])


@pytest.mark.parametrize(
    ("written", "key", "remedy"),
    [
        ("write: {lastname: if_empty}", "streams.people.write.lastname", "Did you mean lastName?"),
        ("write: {lastName: never}", "streams.people.write.lastName", ""),
    ],
)
def test_a_way_to_write_names_a_field_of_the_stream_and_a_known_word(
    folder: FleetFolder, written: str, key: str, remedy: str
) -> None:
    write_kind(folder, "contact")
    in_stream(folder, written)
    problem = folder.only_problem()
    assert (problem.file.name, problem.key) == ("riverside.yaml", key)
    assert remedy in problem.remedy
