"""`change-sets`: a held mass change is shown without a value, then approved or discarded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]
VOMO, VIRTUOUS = "vomo-token", "virtuous-token"
USERS = 30


@pytest.fixture
def cut(fleet: Path, world: World, command: Command) -> int:
    """All users have another phone number."""
    del fleet
    world.add_vomo_organization(VOMO, users=USERS, seed=3)
    assert command("run", CUSTOMER, "--json").code == 0
    for user_id in range(1, USERS + 1):
        world.edit_vomo_user(VOMO, user_id, phone=f"(555) 555-01{user_id:02}")
    printed = command("run", CUSTOMER, "--json")
    assert (printed.code, printed.document["status"], printed.document["held"]) == (4, "held", USERS)
    (held,) = command("change-sets", "list", CUSTOMER, "--json").document["change_sets"]
    return held["cut"]


def test_a_change_set_is_shown_by_ids_and_field_groups(cut: int, world: World, command: Command) -> None:
    printed = command("change-sets", "show", CUSTOMER, str(cut), "--json", "--limit", "3")
    document = printed.document
    assert (document["state"], document["updates"], document["stream"]) == ("held", USERS, "users")
    assert [change["key"] for change in document["changes"]] == ["1", "2", "3"]
    assert document["changes"][0]["field_groups"] == ["birth_gender", "core", "tags"]
    tables = command("change-sets", "show", CUSTOMER, str(cut)).out + command("change-sets", "list", CUSTOMER).out
    for person in world.vomo_users(VOMO):
        for value in (person["email"], person["phone"], person["last_name"]):
            assert value not in printed.out + tables


def test_an_approved_change_set_is_sent_by_the_next_run(cut: int, command: Command) -> None:
    assert command("status", CUSTOMER, "--json").code == 4
    assert command("change-sets", "approve", CUSTOMER, str(cut), "--json").document["state"] == "approved"
    assert command("status", CUSTOMER, "--json").code == 3
    assert "no change set" in command("change-sets", "approve", CUSTOMER, str(cut)).err
    run = command("run", CUSTOMER, "--json")
    assert (run.code, run.document["successes"]) == (0, USERS)
    assert command("change-sets", "list", CUSTOMER, "--json").document["change_sets"] == []


def test_a_discarded_change_set_is_over(cut: int, command: Command) -> None:
    assert "is discarded" in command("change-sets", "discard", CUSTOMER, str(cut)).out
    assert command("status", CUSTOMER, "--json").code == 0
    run = command("run", CUSTOMER, "--json")
    assert (run.code, run.document["total_changes"]) == (0, 0)


@pytest.mark.parametrize("action", ["show", "approve", "discard"])
def test_what_is_not_held_is_told_with_a_remedy(cut: int, command: Command, action: str) -> None:
    printed = command("change-sets", action, CUSTOMER, str(cut + 100), "--json")
    assert printed.code == 2
    assert "change-sets list" in printed.document["error"]["remedy"]
