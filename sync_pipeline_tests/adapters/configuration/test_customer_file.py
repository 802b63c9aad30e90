"""A customer file: what it becomes when it is right, and what is said when it is wrong."""

from datetime import time, timedelta

import pytest

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder

SECRET = "sk-live-0123456789"


def test_a_valid_file_becomes_a_customer_with_its_connector_and_recipe(folder: FleetFolder) -> None:
    customer = folder.load().customers["riverside"]
    assert customer.sources["people"].connector.connector == "people-api"
    assert customer.sources["people"].address == "http://127.0.0.1:9001/v1"
    assert customer.destination.address == "http://127.0.0.1:9000"
    assert customer.streams["people"].recipe.fields["firstName"] == "first_name"
    assert customer.strategy("people") == "modified_since"
    assert customer.deleted_tag("people") == "PEOPLE: removed"
    assert customer.connector_stream("people").records == "data"


def test_a_file_reference_is_made_absolute_from_the_customer_file(folder: FleetFolder) -> None:
    customer = folder.load().customers["riverside"]
    assert customer.sources["people"].token == f"file:{folder.path / 'secrets/people.token'}"
    assert customer.destination.token == "env:RIVERSIDE_VIRTUOUS_TOKEN"


def test_shipped_connectors_and_recipes_are_found_by_name(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "connector: parts/people.yaml", "connector: vomo")
    folder.change("riverside.yaml", "    source: people", "    source: people\n    stream: users")
    folder.change("riverside.yaml", "recipe: parts/contacts.yaml", "recipe: vomo_users_to_contacts")
    customer = folder.load().customers["riverside"]
    assert customer.sources["people"].connector.connector == "vomo"
    assert customer.streams["people"].recipe.recipe == "vomo_users_to_contacts"


def test_yaml_1_2_keeps_words_and_times_as_text(folder: FleetFolder) -> None:
    """`no` is not false and 22:00 is not 1320, as they would be in YAML 1.1."""
    folder.change("riverside.yaml", "name: Riverside Food Bank", "name: on\nregion: no")
    folder.change("riverside.yaml", "streams:", "schedule: {window: [22:00, 05:30], nightly: 23:15}\nstreams:")
    customer = folder.load().customers["riverside"]
    assert (customer.name, customer.region) == ("on", "no")
    assert customer.schedule.window == (time(22), time(5, 30))
    assert customer.schedule.nightly == time(23, 15)


def test_files_are_kept_for_a_month_and_a_week_unless_it_says_otherwise(folder: FleetFolder) -> None:
    retention = folder.load().customers["riverside"].retention
    assert (retention.change_sets_days, retention.snapshots_days) == (30, 7)
    folder.change("riverside.yaml", "streams:", "retention: {change_sets_days: 90}\nstreams:")
    retention = folder.load().customers["riverside"].retention
    assert (retention.change_sets_days, retention.snapshots_days) == (90, 7)


@pytest.mark.parametrize(
    ("written", "key", "said"),
    [
        ("{snapshots_days: 0}", "retention.snapshots_days", "greater than 0"),
        ("{change_sets_days: 40000}", "retention.change_sets_days", "at most 36500"),
        ("{change_sets_days: 30d}", "retention.change_sets_days", "a whole number"),
        ("{weeks: 4}", "retention.weeks", "unknown key `weeks`"),
        ("{change_sets_days: 5}", "retention", "snapshots_days is more than change_sets_days"),
    ],
)
def test_a_wrong_retention_is_told(folder: FleetFolder, written: str, key: str, said: str) -> None:
    folder.change("riverside.yaml", "streams:", f"retention: {written}\nstreams:")
    (problem,) = folder.load().problems
    assert (problem.file.name, problem.key, problem.line > 1) == ("riverside.yaml", key, True)
    assert said in problem.message
    assert problem.remedy


def test_exact_tags_are_a_choice(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "destination:\n", "destination:\n  tags: exact\n")
    assert folder.load().customers["riverside"].destination.tags == "exact"


def test_durations_are_read(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "    source: people", "    source: people\n    read: {overlap: 90s, tries: 3}")
    read = folder.load().customers["riverside"].streams["people"].read
    assert (read.overlap, read.tries) == (timedelta(seconds=90), 3)


def test_a_customer_adds_to_and_replaces_the_recipes_fields(folder: FleetFolder) -> None:
    extra = '    fields: {email: lower(email), "customFields.VOMO Role": role}'
    folder.change("riverside.yaml", "    source: people", f"    source: people\n{extra}")
    stream = folder.load().customers["riverside"].streams["people"]
    assert stream.expressions["email"] == "lower(email)"
    assert stream.expressions["customFields.VOMO Role"] == "role"
    assert stream.expressions["firstName"] == "first_name"


def test_all_mistakes_of_all_three_files_are_reported_at_once(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "timezone: America/Chicago", "timezone: America/Chicgo\nlain: premium")
    folder.change("riverside.yaml", "    source: people", "    source: peple")
    folder.change("parts/people.yaml", "{kind: bearer}", "{kind: barer}")
    folder.change("parts/contacts.yaml", "  firstName: first_name", "  fristName: first_name\n  phone: lower(")
    assert folder.found() == [
        ("contacts.yaml", 7, "fields.fristName"),
        ("contacts.yaml", 8, "fields.phone"),
        ("people.yaml", 3, "auth"),
        ("riverside.yaml", 3, "timezone"),
        ("riverside.yaml", 4, "lain"),
        ("riverside.yaml", 16, "streams.people.source"),
    ]
    assert all(problem.message and problem.remedy for problem in folder.load().problems)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("id: riverside\n", "id: harbor\n", 1, "id", "riverside"),
        ("id: riverside\n", "id: 5\n", 1, "id", "text"),
        ("name: Riverside Food Bank", "name: ' '", 2, "name", "empty"),
        ("timezone: America/Chicago", "timezone: America/Chicgo", 3, "timezone", "America/Chicago"),
        ("timezone: America/Chicago", "lane: fast", 3, "lane", "premium, standard"),
        ("destination:\n", "destinaton:\n", 4, "destinaton", "Did you mean destination?"),
        ("  base_url: http://127.0.0.1:9000\n", "  base_url: 127.0.0.1\n", 5, "destination.base_url", "address"),
        ("  base_url: http://127.0.0.1:9000\n", "  quota: {requests: 0}\n", 5, "destination.quota.requests", "than 0"),
        ("  base_url: http://127.0.0.1:9000\n", "  quota: {use: 1.5}\n", 5, "destination.quota.use", "at most 1"),
        (
            "  base_url: http://127.0.0.1:9000\n",
            "  quota: {requests: true}\n",
            5,
            "destination.quota.requests",
            "whole",
        ),
        ("  base_url: http://127.0.0.1:9000\n", "  bulk: {notes: no}\n", 5, "destination.bulk.notes", "true or false"),
        ("  base_url: http://127.0.0.1:9000\n", "  tags: all\n", 5, "destination.tags", "add_only, exact"),
        ("  token: env:RIVERSIDE_VIRTUOUS_TOKEN\n", "", 4, "destination.token", "env:NAME"),
        ("    connector: parts/people.yaml", "    connector: vomoo", 9, "sources.people.connector", "vomo"),
        ("    connector: parts/people.yaml", "    connector: parts/no.yaml", 9, "sources.people.connector", "no such"),
        ("    connector: parts/people.yaml", "    connector: {}", 9, "sources.people.connector", "path"),
        ("    token: file:secrets/people.token\n", "", 8, "sources.people.token", "missing"),
        ("    reference_source: PEOPLE\n", "", 8, "sources.people.reference_source", "missing"),
        ("  people:\n    source", "  a/b:\n    source", 14, "streams.a/b", "letters"),
        ("    source: people\n", "    source: peeple\n", 15, "streams.people.source", "Did you mean people?"),
        ("    source: people\n", "    source: people\n    stream: x\n", 16, "streams.people.stream", "people, plain"),
        ("    recipe: parts/contacts.yaml", "    recipe: vomo", 16, "streams.people.recipe", "vomo_users_to_contacts"),
        (
            "    source: people\n",
            "    source: people\n    read: {overlap: 5}\n",
            16,
            "streams.people.read.overlap",
            "5m",
        ),
        ("    source: people\n", "    source: people\n    deleted_tag: a;b\n", 16, "streams.people.deleted_tag", ";"),
        ("streams:\n", "schedule: {window: [22:00]}\nstreams:\n", 13, "schedule.window.1", "2 items"),
        ("streams:\n", "schedule: {window: [22:00, 22:00]}\nstreams:\n", 13, "schedule.window", "different"),
        ("streams:\n", "schedule: {nightly: 22}\nstreams:\n", 13, "schedule.nightly", "22:00"),
        ("streams:\n", "limits: []\nstreams:\n", 13, "limits", "mapping"),
    ],
)
def test_a_mistake_names_its_line_key_and_remedy(
    folder: FleetFolder, old: str, new: str, line: int, key: str, words: str
) -> None:
    folder.change("riverside.yaml", old, new)
    problems = [problem for problem in folder.load().problems if problem.key == key]
    assert [problem.line for problem in problems] == [line]
    assert words in f"{problems[0].message} {problems[0].remedy}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", SECRET),
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", f"'{SECRET} x'"),
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", "123456789"),
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", f"Bearer {SECRET}"),
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", f"*{SECRET}"),
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", f"[{SECRET}]"),
        ("env:RIVERSIDE_VIRTUOUS_TOKEN", f"env:{SECRET}"),
        ("http://127.0.0.1:9000", f"http://user:{SECRET}@127.0.0.1:9000"),
        ("http://127.0.0.1:9000", f"http://127.0.0.1:9000/?key={SECRET}"),
        ("timezone: America/Chicago", f"timezone: {SECRET}"),
    ],
)
def test_a_literal_secret_is_refused_and_never_repeated(folder: FleetFolder, old: str, new: str) -> None:
    folder.change("riverside.yaml", old, new)
    fleet = folder.load()
    assert "riverside" not in fleet.customers
    assert fleet.problems
    assert SECRET not in "".join(map(repr, fleet.problems))
    assert "123456789" not in "".join(map(repr, fleet.problems))


def test_a_connector_without_credential_needs_no_token(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "    token: file:secrets/people.token\n", "")
    folder.change("parts/people.yaml", "{kind: bearer}", "{kind: none}")
    assert folder.load().problems == []


def test_a_problem_of_a_shared_recipe_is_reported_once_and_breaks_both_customers(folder: FleetFolder) -> None:
    text = (folder.path / "riverside.yaml").read_text(encoding="utf-8")
    folder.write("harbor.yaml", text.replace("id: riverside", "id: harbor"))
    folder.change("parts/contacts.yaml", "lower(trim(email))", "lower(trim(email)")
    assert folder.found() == [("contacts.yaml", 8, "fields.email")]
    assert set(folder.load().broken) == {"riverside", "harbor"}
