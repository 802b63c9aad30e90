"""`prune` by hand: what would go, what went, and what is said about it afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]
VOMO = "vomo-token"
NIGHTS = 4


@pytest.fixture
def aged(fleet: Path, world: World, command: Command) -> Path:
    """Four nights, all of them more than a month ago; answers the folder of their stream."""
    del fleet
    for night in range(NIGHTS):
        world.edit_vomo_user(VOMO, 1 + night, phone=f"(555) 555-010{night}")
        assert command("run", CUSTOMER, "--json").code == 0
    workplace = Workplace()
    with workplace.state.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE change_sets SET read_completed_at = '2025-01-0' || cut || ' 22:00:00.000000'"
        )
    workplace.close()
    return workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users"


def change_sets(aged: Path) -> list[str]:
    return sorted(path.name for path in (aged / "change_sets").iterdir())


def test_a_dry_run_says_what_would_go_and_removes_nothing(aged: Path, command: Command) -> None:
    before = sorted(path.name for path in aged.rglob("*"))
    printed = command("prune", "--dry-run", "--json")
    assert printed.code == 0
    (entry,) = printed.document["customers"]
    assert (entry["customer_id"], entry["cuts"], printed.document["dry_run"]) == (CUSTOMER, NIGHTS - 2, True)
    assert entry["bytes"] == printed.document["bytes"] > 1_000
    assert sorted(path.name for path in aged.rglob("*")) == before
    assert "What would go" in command("prune", "--dry-run").out


def test_what_went_is_told_and_a_second_time_finds_nothing(aged: Path, command: Command) -> None:
    would_go = command("prune", "--dry-run", "--json").document
    went = command("prune", "--json").document
    assert {**went, "dry_run": True, "dagster_bytes": 0} == would_go
    assert change_sets(aged) == ["3.parquet", "4.parquet"]
    assert command("prune", "--json").document["customers"] == []
    assert "0 files, 0 bytes" in command("prune").out
    assert command("run", CUSTOMER, "--json").code == 0


def test_the_details_of_an_old_change_set_are_told_to_be_pruned(aged: Path, command: Command) -> None:
    del aged
    assert len(command("change-sets", "show", CUSTOMER, "2", "--json").document["changes"]) == 1
    command("prune")
    printed = command("change-sets", "show", CUSTOMER, "2", "--json")
    error = printed.document["error"]
    assert (printed.code, error["code"]) == (2, "configuration")
    assert "change set 2 were pruned on 20" in error["message"]
    assert "30 days now" in error["message"]
    assert f"report {CUSTOMER} --run" in error["remedy"]
    words = error["remedy"].partition("`")[2].partition("`")[0].split()
    assert command(*words[1:], "--json").document["updates"] == 1
    assert len(command("change-sets", "show", CUSTOMER, "4", "--json").document["changes"]) == 1


def test_trouble_with_one_customer_is_exit_code_1(aged: Path, command: Command) -> None:
    (aged.parent / "stream=..").mkdir()
    workplace = Workplace()
    with workplace.state.database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET stream = '..'")
    workplace.close()
    printed = command("prune", "--json")
    assert printed.code == 1
    assert printed.document["failed"] == {CUSTOMER: "'..' cannot be the name of a folder."}
    assert f"{CUSTOMER}: '..'" in command("prune").err
