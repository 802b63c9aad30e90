"""`sync-pipeline demo` over real sockets, with smaller nonprofits."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sync_pipeline.cli.demo_show import show
from sync_pipeline.cli.demo_tables import Cell, show_table
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline_tests.demo.worlds import LARGE, MIDDLE, SMALL, MeddlingWorld, small_world

ANY_PORT = [0]
PREREQUISITES = {"GET /api/Organization/Current": 1, "GET /api/Permission": 1}
OUTCOMES = ("successes", "failures", "deferred", "waiting", "pending")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that is `SYNC_HOME` for whoever starts the demonstration."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNC_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def shown(home: Path) -> tuple[int, Any, Path]:
    """Exit code, document and home of one demonstration with --json."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        code = show(small_world(), ANY_PORT, as_json=True)
    return code, json.loads(out.getvalue()), home


def test_three_nights_under_faults_end_without_a_difference(shown: tuple[int, Any, Path]) -> None:
    code, document, _ = shown
    assert (document["differences"], code) == ([], 0)
    assert "error" not in document
    for customer in document["counts"]:
        assert customer["contacts"] == customer["contacts_equal"] > 0
        assert (customer["duplicates"], customer["out_of_order"]) == (0, 0)
        assert customer["values"]["distinct"] == customer["values"]["booked"]
        assert customer["requests"]["reported"] == customer["requests"]["booked"]
        assert customer["source_requests"]["reported"] == customer["source_requests"]["booked"]


def test_gifts_hours_and_notes_are_shown_beside_the_people(shown: tuple[int, Any, Path]) -> None:
    effects = {customer["customer_id"]: customer["effects"] for customer in shown[1]["counts"]}
    assert effects[SMALL] == {}
    assert effects[LARGE].keys() == {"gifts", "reversals"}
    assert effects[LARGE]["reversals"] == {"expected": 1, "found": 1}
    assert effects[MIDDLE].keys() == {"opportunities", "attendances", "hours", "notes"}
    assert all(pair["expected"] == pair["found"] for customer in effects.values() for pair in customer.values())


def test_the_first_night_creates_everything_but_what_needs_a_contact(shown: tuple[int, Any, Path]) -> None:
    first = by_customer(shown[1], 1)
    assert {name: night["exit_code"] for name, night in first.items()} == {LARGE: 0, MIDDLE: 3, SMALL: 0}
    assert first[SMALL]["creates"] == first[SMALL]["source_users"]
    assert first[MIDDLE]["waiting"] > 0
    assert all(night["successes"] + night["waiting"] == night["creates"] for night in first.values())


def test_the_quiet_night_writes_only_what_waited(shown: tuple[int, Any, Path]) -> None:
    second = by_customer(shown[1], 2)
    for night in second.values():
        assert (night["total_changes"], night["waiting"], night["exit_code"]) == (0, 0, 0)
    assert (second[LARGE]["requests"], second[SMALL]["requests"]) == (PREREQUISITES, PREREQUISITES)
    assert second[MIDDLE]["carried"] == by_customer(shown[1], 1)[MIDDLE]["waiting"]


def test_the_bad_night_delivers_all_but_the_one_row_that_virtuous_refuses(shown: tuple[int, Any, Path]) -> None:
    bad = by_customer(shown[1], 3)
    assert {name: night["exit_code"] for name, night in bad.items()} == {LARGE: 0, MIDDLE: 5, SMALL: 0}
    assert [letter["key"] for letter in bad[MIDDLE]["dead_letters"]] == ["22"]
    assert "lastName" in bad[MIDDLE]["dead_letters"][0]["reason"]
    # Somebody left, and a donation was refunded.
    assert {name: night["deletes"] for name, night in bad.items()} == {LARGE: 1, MIDDLE: 0, SMALL: 1}
    for night in bad.values():
        assert night["total_changes"] == sum(night[name] for name in OUTCOMES)


def test_every_fault_that_was_announced_happened(shown: tuple[int, Any, Path]) -> None:
    faults = shown[1]["nights"][2]["faults"]
    assert {fault["side"] for fault in faults} == {"VOMO", "Virtuous", "giving"}
    assert all(fault["times"] >= 1 for fault in faults)
    assert sum(night["repeats"] for night in shown[1]["nights"][2]["customers"]) > 0


def test_its_state_and_its_runs_stay_in_a_home_of_their_own(shown: tuple[int, Any, Path]) -> None:
    _, document, home = shown
    assert [entry.name for entry in home.iterdir()] == ["demo"]
    assert document["home"] == str(home / "demo")
    assert (home / "demo" / "dagster" / "dagster.yaml").is_file()
    assert (home / "demo" / "state.db").is_file()
    assert '"request_answered"' in Path(document["log"]).read_text()
    assert os.environ["SYNC_HOME"] == str(home)


def test_a_wrong_contact_in_virtuous_is_named_by_its_id_and_ends_with_1(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = small_world(MeddlingWorld(), maple_street_library=5)
    code = show(world, ANY_PORT, as_json=False)
    printed = capsys.readouterr()
    assert code == 1
    assert f"Difference: {SMALL}, contacts with another value in phone: 1\n" in printed.out
    assert "1 difference." in printed.out
    assert "555-0100" not in printed.out  # whose value it is stays in the books
    assert printed.err == ""
    assert f"{SMALL}: done, 5 delivered" in printed.out  # without a terminal, a line instead of a bar
    assert f"SYNC_HOME={home / 'demo'} " in printed.out


def test_a_home_that_is_not_the_demonstrations_is_not_touched(home: Path, tmp_path: Path) -> None:
    del home
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "precious").write_text("mine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNC_HOME", str(tmp_path))
        with pytest.raises(ConfigurationError, match="left alone"):
            show(small_world(maple_street_library=1), ANY_PORT, as_json=True)
    assert (tmp_path / "demo" / "precious").read_text() == "mine"


@pytest.mark.parametrize("width", [40, 200])
def test_a_table_keeps_every_number_on_a_narrow_terminal(width: int) -> None:
    out = io.StringIO()
    columns = ["customer", *(f"column {number}" for number in range(8))]
    show_table(Console(file=out, width=width), columns, [[Cell("maple"), *(Cell(1000 + place) for place in range(8))]])
    assert all(f"1,00{place}" in out.getvalue() for place in range(8))
    assert max(len(line) for line in out.getvalue().splitlines()) <= width


def by_customer(document: Any, night: int) -> dict[str, Any]:
    return {entry["customer_id"]: entry for entry in document["nights"][night - 1]["customers"]}
