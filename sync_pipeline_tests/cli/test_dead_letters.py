"""`dead-letters`: what needs a person is listed by ids and reasons, replayed or discarded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]
VOMO = "vomo-token"


@pytest.fixture
def refused(fleet: Path, world: World, command: Command) -> list[int]:
    """Two users whom Virtuous refuses."""
    del fleet
    for user_id in (3, 4):
        world.edit_vomo_user(VOMO, user_id, last_name=None)
    assert command("run", CUSTOMER, "--json").code == 5
    document = command("dead-letters", "list", CUSTOMER, "--json").document
    return [letter["operation_id"] for letter in document["dead_letters"]]


def test_letters_are_listed_by_ids_and_reasons(refused: list[int], world: World, command: Command) -> None:
    printed = command("dead-letters", "list", CUSTOMER, "--json")
    document = printed.document
    assert (printed.code, document["total"], len(refused)) == (0, 2, 2)
    (reason,) = document["reasons"]
    assert reason["letters"] == 2
    letter = document["dead_letters"][0]
    assert (letter["stream"], letter["key"], letter["state"]) == ("users", "3", "dead")
    assert letter["field_groups"] == ["birth_gender", "core", "tags"]
    person = world.vomo_users(VOMO)[2]
    assert person["email"] not in printed.out
    table = command("dead-letters", "list", CUSTOMER).out
    assert str(refused[0]) in table
    assert command("dead-letters", "show", CUSTOMER, str(refused[0]), "--json").document["key"] == "3"


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["--key", "4"], ["4"]),
        (["--state", "review"], []),
        (["--stream", "users", "--kind", "contact"], ["3", "4"]),
        (["--reason", "nothing like it"], []),
        (["--older-than-hours", "1"], []),
        (["--limit", "1"], ["3"]),
    ],
)
@pytest.mark.usefixtures("refused")
def test_filters_choose(command: Command, words: list[str], keys: list[str]) -> None:
    document = command("dead-letters", "list", CUSTOMER, *words, "--json").document
    assert [letter["key"] for letter in document["dead_letters"]] == keys


def test_a_corrected_record_is_replayed_by_the_next_run(refused: list[int], world: World, command: Command) -> None:
    printed = command("dead-letters", "replay", CUSTOMER, str(refused[0]), "--json")
    assert printed.document["operations"] == [{"operation_id": refused[0], "outcome": "replayed"}]
    listed = command("dead-letters", "list", CUSTOMER, "--json").document["dead_letters"]
    assert [letter["replayed"] for letter in listed] == [True, False]
    world.edit_vomo_user(VOMO, 3, last_name="Corrected")
    world.edit_vomo_user(VOMO, 4, last_name="Corrected")
    assert command("run", CUSTOMER, "--json").code == 0
    assert command("dead-letters", "list", CUSTOMER, "--json").document["total"] == 0


@pytest.mark.usefixtures("refused")
def test_all_are_discarded_in_bulk_by_their_reason(command: Command) -> None:
    assert command("dead-letters", "discard", CUSTOMER, "--reason", "400").out.strip() == "2 changes discarded."
    assert command("status", CUSTOMER, "--json").code == 0


@pytest.mark.parametrize("action", ["replay", "discard"])
def test_nothing_is_changed_without_a_choice(refused: list[int], command: Command, action: str) -> None:
    printed = command("dead-letters", action, CUSTOMER, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
    assert "--all" in printed.document["error"]["remedy"]
    printed = command("dead-letters", action, CUSTOMER, str(refused[0]), "1", "999999", "--json")
    assert printed.code == 2
    assert "999999 does not exist" in printed.document["error"]["message"]
    listed = command("dead-letters", "list", CUSTOMER, "--json").document
    assert (listed["total"], any(letter["replayed"] for letter in listed["dead_letters"])) == (2, False)
    printed = command("dead-letters", action, CUSTOMER, "--all", "--json")
    assert (printed.code, sum(printed.document["counts"].values())) == (0, 2)


@pytest.mark.usefixtures("fleet")
def test_mistakes_are_told_with_a_remedy(command: Command) -> None:
    assert command("dead-letters", "list", "nobody", "--json").code == 2
    printed = command("dead-letters", "list", CUSTOMER, "--state", "accepted", "--json")
    assert (printed.code, printed.document["error"]["remedy"]) == (2, "Write --state dead or review.")
