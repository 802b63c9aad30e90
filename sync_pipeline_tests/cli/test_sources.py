"""`sources check` and `sources sample` as a person types them, against a sandbox."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.cli.giving_fleet import (
    CONNECTOR,
    CUSTOMER,
    FILE,
    GIVING,
    RECIPE,
    VIRTUOUS,
    VOMO,
    GivingFleet,
    giving,
)

Command = Callable[..., Printed]
__all__ = ["giving"]  # a fixture


@pytest.fixture(autouse=True)
def nothing_is_written(giving: GivingFleet, world: World) -> Iterator[None]:
    """Neither command keeps anything or asks Virtuous for anything."""
    yield
    assert not giving.home.exists()
    assert world.books(VIRTUOUS)["requests"] == {}


def checked(command: Command, code: int) -> dict[str, Any]:
    printed = command("sources", "check", CUSTOMER, "--json")
    assert printed.code == code
    return printed.document


def test_a_check_says_what_was_understood_of_every_stream(
    command: Command, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUOUS_TOKEN")
    document = checked(command, 0)
    assert list(document) == ["customer_id", "streams"]
    users, donations = document["streams"]["users"], document["streams"]["donations"]
    assert (users["source"], users["strategy"], users["recipe"], users["writes"]) == (
        "vomo",
        "modified_since",
        "vomo_users_to_contacts",
        "contact",
    )
    assert (users["records"], users["total"], users["pages"]) == (15, 20, 2)
    assert donations["address"].endswith("/giving/v1/donations?limit=…")
    assert (donations["records_path"], donations["records"], donations["total"]) == ("data", 20, None)
    assert (donations["keys"], donations["modified"]) == ({"id": 20}, {"field": "updated_at", "records": 20})
    assert donations["next_page"] == {"kind": "cursor", "found": True}
    assert (donations["columns"]["anonymous"], donations["columns"]["comment"]) == ("boolean", "text|null")
    assert donations["used_by"]["donor.email"] == ["fields.contact.email"]
    first_page = world.giving_donations(GIVING)[:20]
    assert donations["matches"] == sum(donation["status"] == "succeeded" for donation in first_page)
    assert (donations["dead_letters"], donations["problems"], donations["notes"]) == (0, [], [])
    assert users["filter"] == donations["filter"] == {"newest": "found", "ignored": False}


def test_a_check_asks_for_two_pages_of_each_stream_and_twice_by_its_filter(
    giving: GivingFleet, command: Command, world: World
) -> None:
    checked(command, 0)
    assert world.books(VOMO)["requests"] == {"GET /vomo/v1/users": 4}
    assert world.books(GIVING)["requests"] == {"GET /giving/v1/donations": 4}
    giving.change(FILE, "on_delete: reverse", "read: {strategy: full_snapshot}, on_delete: reverse")
    assert checked(command, 0)["streams"]["donations"]["filter"] is None
    assert world.books(GIVING)["requests"] == {"GET /giving/v1/donations": 6}


def test_a_filter_that_loses_changes_is_a_problem(giving: GivingFleet, command: Command) -> None:
    """Sent with its year cut off, the time is one that the platform cannot read."""
    giving.change(CONNECTOR, "updated_since}", "updated_since, format: '%d.%m.%Y'}")
    entry = checked(command, 1)["streams"]["donations"]
    (problem,) = entry["problems"]
    assert entry["filter"] == {"newest": "refused", "ignored": False}
    assert "`updated_since` (times spelled like 31.01.2026)" in problem["message"]
    assert "`modified.format`" in problem["remedy"]
    assert "newest record refused" in command("sources", "check", CUSTOMER).out


def test_a_next_page_that_does_not_lead_on_is_a_problem(giving: GivingFleet, command: Command) -> None:
    giving.change(CONNECTOR, "parameter: cursor", "parameter: after")
    (problem,) = checked(command, 1)["streams"]["donations"]["problems"]
    assert "holds the same records as the first one" in problem["message"]
    assert "`pagination`" in problem["remedy"]


def test_a_parameter_that_the_platform_ignores_is_a_note(giving: GivingFleet, command: Command) -> None:
    giving.change(CONNECTOR, "updated_since}", "changed_since}")
    entry = checked(command, 0)["streams"]["donations"]
    (note,) = entry["notes"]
    assert entry["filter"] == {"newest": "found", "ignored": True}
    assert "ignores the parameter" in note["message"]
    assert "parameter ignored" in command("sources", "check", CUSTOMER).out


def test_a_person_reads_the_same_in_tables_without_a_value_of_a_record(command: Command, world: World) -> None:
    printed = command("sources", "check", CUSTOMER)
    assert printed.code == 0
    for words in (
        "users: users of vomo: all is well",
        "id in 20 of 20",
        "updated_at in 20 of 20",
        "cursor: found",
        "fields.contact.email",
    ):
        assert words in printed.out
    assert_hidden(printed, world)


def test_a_walked_stream_shows_its_parents(giving: GivingFleet, command: Command, world: World) -> None:
    world.add_vomo_organization(VOMO, users=20, seed=3, forms=2, completions=6)
    notes = "  completions: {source: vomo, recipe: vomo_completions_to_notes}\n"
    giving.change(FILE, "  donations:", f"{notes}  donations:")
    entry = checked(command, 0)["streams"]["completions"]
    (forms,) = entry["parents"]
    assert (forms["stream"], forms["records"], entry["strategy"]) == ("forms", 2, "walk_parents")
    assert entry["columns"]["parent.name"] == "text"
    assert "parents forms" in command("sources", "check", CUSTOMER).out


def test_a_missing_token_of_one_source_does_not_hide_the_other(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VOMO_TOKEN")
    document = checked(command, 1)
    assert "VOMO_TOKEN" in document["error"]["message"]
    assert document["streams"]["users"]["error"] == document["error"]
    assert document["streams"]["donations"]["records"] == 20
    printed = command("sources", "check", CUSTOMER)
    assert "users: users of vomo could not be read." in printed.out
    assert "donations: donations of giving: all is well" in printed.out
    assert "VOMO_TOKEN" in printed.err


def test_a_refused_token_is_told_with_its_remedy(command: Command, world: World) -> None:
    world.add_fault(side="vomo", kind="unauthorized")
    document = checked(command, 1)
    assert document["error"]["code"] == "source_refused"
    assert document["error"]["remedy"]
    assert "error" not in document["streams"]["donations"]


@pytest.mark.parametrize(
    ("name", "old", "new", "message", "remedy"),
    [
        (CONNECTOR, "records: data", "records: items", "expected a list of records at `items`", "`records`"),
        (CONNECTOR, "more: has_more", "more: more", "expected true or false at `more`", "`pagination`"),
        (CONNECTOR, "path: /donations", "path: /gifts", "path not found", "`path`"),
        (CONNECTOR, "key: [id]", "key: [ID]", "20 of 20 records have no key (ID)", "Did you mean id?"),
        (CONNECTOR, "key: [id]", "key: [currency]", "19 of 20 records have the key of another one", "`key`"),
        (CONNECTOR, "field: updated_at", "field: updated", "No record has a value in the modified", "updated_at?"),
        (CONNECTOR, "field: updated_at", "field: status", "No value of the modified field `status`", "`modified`"),
        (RECIPE, "donor.last_name", "donor.lastname", "No record has the column `donor.lastname`", "donor.last_name?"),
        (RECIPE, "column: allocations", "column: splits", "No record has the column `splits`", "columns of the page"),
        (RECIPE, "reference: id", "reference: currency", "records have the reference of another one", "`reference`"),
        (
            RECIPE,
            "amount: amount\n",
            "amount: cast(currency as double)\n",
            "fields.amount of the recipe fails on 20 of 20 records: InvalidOperationError",
            "try_cast",
        ),
        (
            RECIPE,
            "amount: amount, code",
            "amount: sum, code",
            "would become dead letters: an amount of a designation is not a sum",
            "Correct the recipe",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy_and_the_other_streams_are_still_shown(
    giving: GivingFleet, command: Command, name: str, old: str, new: str, message: str, remedy: str
) -> None:
    giving.change(name, old, new)
    document = checked(command, 1)
    entry = document["streams"]["donations"]
    told = [entry["error"]] if "error" in entry else entry["problems"]
    (found,) = [problem for problem in told if message in problem["message"]]
    assert remedy in found["remedy"]
    assert document["streams"]["users"]["problems"] == []
    printed = command("sources", "check", CUSTOMER)
    assert found["message"] in printed.err
    assert f"-> {found['remedy']}" in printed.err


def test_a_column_that_has_a_stand_in_is_a_note_and_no_problem(giving: GivingFleet, command: Command) -> None:
    giving.change(RECIPE, """'"donor.last_name"'""", """coalesce(surname, "donor.last_name")""")
    (note,) = checked(command, 0)["streams"]["donations"]["notes"]
    assert "`surname`, which fields.contact.lastname" in note["message"]
    assert f"donations: Note: {note['message']}" in command("sources", "check", CUSTOMER).err


def test_a_few_rows_that_cannot_be_sent_are_a_note(command: Command, world: World) -> None:
    world.add_giving_organization(GIVING, donations=30, seed=5, invalid=5)
    entry = checked(command, 0)["streams"]["donations"]
    (note,) = entry["notes"]
    assert 0 < entry["dead_letters"] < entry["matches"]
    assert "the designations do not add up to the amount" in note["message"]


def test_more_than_half_a_page_of_dead_letters_is_a_problem(command: Command, world: World) -> None:
    world.add_giving_organization(GIVING, donations=30, seed=5, invalid=30)
    entry = checked(command, 1)["streams"]["donations"]
    assert any("would become dead letters" in problem["message"] for problem in entry["problems"])


def test_a_refused_token_says_how_it_was_sent(giving: GivingFleet, command: Command) -> None:
    giving.change(CONNECTOR, "{kind: header, name: X-Api-Key}", "{kind: query, name: api_key}")
    assert "It was sent as the parameter `api_key`" in checked(command, 1)["error"]["remedy"]
    giving.change(CONNECTOR, "{kind: query, name: api_key}", "{kind: none}")
    assert "sent nowhere, because `auth` of the connector is `none`" in checked(command, 1)["error"]["remedy"]


def test_tags_that_would_last_for_ever_are_a_note_where_tags_are_exact(giving: GivingFleet, command: Command) -> None:
    assert checked(command, 0)["streams"]["users"]["notes"] == []
    giving.change(FILE, "env:VIRTUOUS_TOKEN}", "env:VIRTUOUS_TOKEN, tags: exact}")
    giving.change(FILE, "reference_source: VOMO", "reference_source: Volunteers")
    (note,) = checked(command, 0)["streams"]["users"]["notes"]
    assert "do not begin with `Volunteers: `" in note["message"]


def test_an_empty_account_is_no_problem_and_says_what_could_not_be_seen(command: Command, world: World) -> None:
    world.add_giving_organization(GIVING)
    entry = checked(command, 0)["streams"]["donations"]
    assert (entry["records"], entry["problems"]) == (0, [])
    assert "holds no records" in entry["notes"][0]["message"]


def test_a_sample_shows_what_would_be_sent_next_to_the_original(command: Command, world: World) -> None:
    printed = command("sources", "sample", CUSTOMER, "donations", "--limit", "3", "--show-values", "--json")
    document = printed.document
    assert (printed.code, document["recipe"], document["writes"]) == (0, "own-gifts", "gift")
    assert document["reads"]["fields.contact.email"] == ["donor.email"]
    assert len(document["records"]) == 3
    for record, donation in zip(document["records"], world.giving_donations(GIVING), strict=False):
        assert record["key"] == record["reference"] == record["original"]["id"] == donation["id"]
        assert record["matches"] == (donation["status"] == "succeeded")
        assert record["fields"]["contact.lastname"] == donation["donor"]["last_name"]
        assert record["designations"] == [
            {"amountDesignated": part["amount"], "code": part["fund_code"]} for part in donation["allocations"]
        ]
        sent = [write["payload"]["contact"]["lastname"] for write in record["writes"]]
        assert sent == ([donation["donor"]["last_name"]] if record["matches"] else [])


def test_a_sample_hides_values_from_whom_does_not_ask_for_them(command: Command, world: World) -> None:
    printed = command("sources", "sample", CUSTOMER, "donations", "--json")
    record = printed.document["records"][0]
    donor = world.giving_donations(GIVING)[0]["donor"]
    assert record["fields"]["contact.lastname"] == f"{donor['last_name'][0]}…({len(donor['last_name'])})"
    assert record["fields"]["giftType"] == "Credit"
    assert_hidden(printed, world)
    for stream in ("donations", "users"):
        assert_hidden(command("sources", "sample", CUSTOMER, stream), world)


def test_a_sample_is_a_table_for_people(command: Command, world: World) -> None:
    printed = command("sources", "sample", CUSTOMER, "users", "--limit", "1", "--show-values")
    user = world.vomo_users(VOMO)[0]
    assert f"users {user['id']} → contact {user['id']}: would be sent" in printed.out
    for words in ("fields.lastName", "last_name", user["last_name"], user["email"], user["email"].lower(), "VOMO: "):
        assert words in printed.out


def test_a_sampled_record_that_would_become_a_dead_letter_says_why(command: Command, world: World) -> None:
    world.add_giving_organization(GIVING, donations=20, seed=5, invalid=20)
    records = command("sources", "sample", CUSTOMER, "donations", "--json").document["records"]
    told = {record.get("problem") for record in records if record["matches"]}
    assert told == {"the designations do not add up to the amount"}
    assert all(record["writes"] == [] for record in records)
    assert "the designations do not add up to the amount" in command("sources", "sample", CUSTOMER, "donations").out


def test_an_unknown_stream_is_exit_code_2_and_the_right_one_is_named(command: Command) -> None:
    printed = command("sources", "sample", CUSTOMER, "donation", "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
    assert "Did you mean donations? " in printed.document["error"]["remedy"]


def test_a_stream_that_cannot_be_read_is_exit_code_1(
    giving: GivingFleet, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    giving.change(CONNECTOR, "records: data", "records: items")
    assert command("sources", "sample", CUSTOMER, "donations", "--json").document["error"]["code"] == "source"
    monkeypatch.delenv("GIVING_TOKEN")
    printed = command("sources", "sample", CUSTOMER, "donations")
    assert printed.code == 1
    assert "GIVING_TOKEN" in printed.err


@pytest.mark.parametrize("words", [("check", "nobody"), ("sample", "nobody", "users"), ("sample", CUSTOMER)])
def test_wrong_usage_is_exit_code_2(command: Command, words: tuple[str, ...]) -> None:
    printed = command("sources", *words, "--json")
    assert printed.code == 2
    assert printed.document["error"]["remedy"]


def assert_hidden(printed: Printed, world: World) -> None:
    """No e-mail, telephone or last name of anybody, neither in the result nor in the logs."""
    said = (printed.out + printed.err).lower()
    people = [*world.vomo_users(VOMO), *world.giving_records(GIVING, "donors")]
    values = [person[field] for person in people for field in ("email", "phone", "last_name")]
    assert [value for value in values if value and value.lower() in said] == []
