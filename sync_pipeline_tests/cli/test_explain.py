"""`explain`: why a record is in Virtuous as it is, from the first read to the last attempt."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]
VOMO = "vomo-token"
VIRTUOUS = "virtuous-token"
MARKED = "Zzmarkedvalue"
USERS = 25


@pytest.fixture
def world() -> World:
    world = World()
    world.add_organization(VIRTUOUS, name="Maple Street Library")
    world.add_vomo_organization(VOMO, users=USERS, seed=3)
    return world


@pytest.fixture
def synced(fleet: Path, command: Command) -> Path:
    assert command("run", CUSTOMER, "--json").code == 0
    return fleet


def explained(command: Command, key: str, stream: str = "users") -> Any:
    printed = command("explain", CUSTOMER, stream, key, "--json")
    assert printed.code == 0, printed.err
    return printed.document


@pytest.mark.usefixtures("synced")
def test_a_delivered_record_shows_its_attempt_with_the_trace_that_both_sides_saw(
    world: World, command: Command
) -> None:
    document = explained(command, "3")
    assert re.match(r"Delivered on .* UTC, not confirmed yet", document["answer"])
    (change,), (operation,) = document["changes"], document["operations"]
    assert (change["kind"], change["operations"]) == ("create", [operation["operation_id"]])
    (attempt,) = operation["attempts"]
    assert (attempt["outcome"], attempt["status"], attempt["endpoint"]) == ("accepted", 200, "POST /api/Contact/Batch")
    assert attempt["trace_id"] in world.books(VIRTUOUS)["traces"]
    assert attempt["trace_id"] in world.books(VOMO)["traces"]
    assert attempt["span_id"] == attempt["batch_id"][:16]
    assert document["source"]["mapped"]["core"]["equals_acknowledged"]
    assert document["acknowledged"]["core"]["operation_id"] == operation["operation_id"]
    assert document["next"]["at"] is not None


@pytest.mark.usefixtures("synced")
def test_a_confirmed_record_says_since_when_it_is_unchanged(world: World, command: Command) -> None:
    world.run_import(VIRTUOUS)
    assert command("run", CUSTOMER, "--layer", "reconcile", "--json").code == 0
    document = explained(command, "3")
    assert re.fullmatch(
        r"Delivered on [^.]* UTC and confirmed on [^.]* UTC\. Unchanged since: the mapped value equals what Virtuous "
        r"acknowledged\.",
        document["answer"],
    )
    assert document["confirmed"]["virtuous_id"] is not None
    assert command("explain", CUSTOMER, "users", "3").out.count("confirmed on") >= 2


def test_a_dead_letter_is_named_with_its_remedy(fleet: Path, world: World, command: Command) -> None:
    del fleet
    world.edit_vomo_user(VOMO, 3, last_name=None)
    command("run", CUSTOMER, "--json")
    document = explained(command, "3")
    (operation,) = document["operations"]
    number = operation["operation_id"]
    assert re.match(rf"Refused by Virtuous on .*dead letter {number}\. Correct it at the source", document["answer"])
    assert {attempt["outcome"] for attempt in operation["attempts"]} == {"refused"}
    assert len(operation["attempts"]) == operation["attempts_made"] > 1  # the batch was halved down to it
    assert document["next"]["command"] == f"sync-pipeline dead-letters replay {CUSTOMER} {number}"
    assert document["next"]["needs_a_person"]


@pytest.mark.usefixtures("synced")
def test_a_corrected_value_supersedes_the_refused_one(world: World, command: Command) -> None:
    world.edit_vomo_user(VOMO, 3, last_name=None)
    command("run", CUSTOMER, "--json")
    world.edit_vomo_user(VOMO, 3, last_name="Corrected")
    assert command("run", CUSTOMER, "--json").code == 0
    document = explained(command, "3")
    assert [operation["state"] for operation in document["operations"]] == ["accepted", "superseded", "accepted"]
    assert [change["kind"] for change in document["changes"]] == ["create", "update", "update"]
    assert document["answer"].startswith("Delivered on ")


def test_a_held_record_names_the_change_set(synced: Path, world: World, command: Command) -> None:
    for user_id in range(1, USERS + 1):
        world.edit_vomo_user(VOMO, user_id, last_name=f"Renamed {user_id}")
    assert command("run", CUSTOMER, "--json").code == 4
    document = explained(command, "3")
    held = document["changes"][-1]
    assert (held["state"], held["operations"], held["kind"]) == ("held", [], "update")
    assert document["answer"].startswith(f"Held by the guard in change set {held['cut']}: ")
    assert document["next"]["command"] == f"sync-pipeline change-sets show {CUSTOMER} {held['cut']}"
    assert "held" in command("explain", CUSTOMER, "users", "3").out
    assert synced.is_dir()


@pytest.mark.usefixtures("fleet")
def test_values_are_masked_unless_they_are_asked_for(world: World, command: Command) -> None:
    world.edit_vomo_user(VOMO, 3, last_name=MARKED, email=f"{MARKED}@example.org")
    command("run", CUSTOMER, "--json")
    for words in ([], ["--json"]):
        masked = command("explain", CUSTOMER, "users", "3", *words)
        assert MARKED.lower() not in (masked.out + masked.err).lower()
        assert re.search(rf"last_name[^\n]*Z(…|\\u2026)\({len(MARKED)}\)", masked.out)
        shown = command("explain", CUSTOMER, "users", "3", "--show-values", *words)
        assert MARKED in shown.out


@pytest.mark.usefixtures("synced")
def test_a_contact_of_virtuous_leads_back_to_its_record(world: World, command: Command) -> None:
    world.run_import(VIRTUOUS)
    command("run", CUSTOMER, "--layer", "reconcile", "--json")
    virtuous_id = explained(command, "3")["confirmed"]["virtuous_id"]
    document = command("explain", CUSTOMER, "--virtuous-id", str(virtuous_id), "--json").document
    assert document["answer"] == f"Contact {virtuous_id} came from users 3."
    assert [(record["stream"], record["key"], record["state"]) for record in document["records"]] == [
        ("users", "3", "confirmed")
    ]
    assert "users" in command("explain", CUSTOMER, "--virtuous-id", str(virtuous_id)).out


@pytest.mark.usefixtures("synced")
def test_what_is_not_there_is_an_error_with_a_remedy(command: Command) -> None:
    for words, told in (
        (["users", "303"], "Did you mean 3"),
        (["userz", "3"], "Did you mean users?"),
        (["--virtuous-id", "999999"], "layer reconcile"),
        (["users"], "explain"),
        (["users", "3", "--virtuous-id", "1"], "explain"),
    ):
        printed = command("explain", CUSTOMER, *words, "--json")
        assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
        assert told in printed.document["error"]["remedy"]


@pytest.mark.usefixtures("fleet")
def test_before_the_first_read_nothing_is_known(command: Command) -> None:
    printed = command("explain", CUSTOMER, "users", "3", "--json")
    assert printed.code == 2
    assert "Nothing of the stream was ever read" in printed.document["error"]["remedy"]
    assert command("explain", "nobody", "users", "3", "--json").code == 2
