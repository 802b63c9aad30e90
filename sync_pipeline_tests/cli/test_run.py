"""`run`, `status` and `report` as a person types them, against a sandbox."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]

REPORT_FIELDS = [  # DESIGN section 8, in its order
    "run_id",
    "customer_id",
    "layer",
    "status",
    "started_at",
    "completed_at",
    "duration_seconds",
    "total_changes",
    "creates",
    "updates",
    "deletes",
    "unchanged",
    "successes",
    "failures",
    "deferred",
    "waiting",
    "superseded",
    "held",
    "pending",
    "carried",
    "requests",
    "source_requests",
    "requests_total",
    "rate_limit_pauses",
    "resume_at",
    "checkpoint",
    "failure_details",
]


@pytest.mark.usefixtures("fleet")
def test_a_first_run_delivers_everybody_and_prints_one_document_with_every_field(command: Command) -> None:
    printed = command("run", CUSTOMER, "--json")
    assert printed.code == 0
    report = printed.document
    assert [field for field in REPORT_FIELDS if field not in report] == []
    assert (report["layer"], report["status"], report["creates"], report["successes"]) == ("initial", "done", 20, 20)
    assert report["requests"]["POST /api/Contact/Batch"] == 1
    assert report["checkpoint"]["users"] is not None


@pytest.mark.usefixtures("fleet")
def test_a_run_without_changes_writes_nothing(command: Command, world: World) -> None:
    command("run", CUSTOMER, "--json")
    report = command("run", CUSTOMER, "--json").document
    assert (report["layer"], report["total_changes"], report["unchanged"]) == ("nightly", 0, 20)
    assert world.books("virtuous-token")["rows_received"] == 20


@pytest.mark.usefixtures("fleet")
def test_a_person_sees_a_table_and_the_failures_with_ids_only(command: Command, world: World) -> None:
    world.add_vomo_organization("vomo-token", users=20, seed=3, invalid=1)
    printed = command("run", CUSTOMER)
    assert printed.code == 5
    assert "Failed operations" in printed.out
    assert "lastName" in printed.out
    assert not [user["email"] for user in world.vomo_users("vomo-token") if user["email"] in printed.out]


@pytest.mark.usefixtures("fleet")
def test_a_dead_letter_keeps_a_later_quiet_run_from_turning_green(command: Command, world: World) -> None:
    world.add_vomo_organization("vomo-token", users=20, seed=3, invalid=1)
    assert command("run", CUSTOMER, "--json").code == 5
    quiet = command("run", CUSTOMER, "--json")
    assert (quiet.code, quiet.document["total_changes"]) == (5, 0)
    assert command("status", CUSTOMER, "--json").code == 5


@pytest.mark.usefixtures("fleet")
def test_status_tells_where_a_customer_stands(command: Command) -> None:
    assert command("status", CUSTOMER, "--json").code == 3  # it has never run
    command("run", CUSTOMER, "--json")
    printed = command("status", CUSTOMER, "--json")
    entry = printed.document
    assert printed.code == 0
    assert entry["ledger"] == {"accepted": 20}
    assert entry["last_run"]["status"] == "done"
    assert entry["checkpoint_age_seconds"] >= 0
    assert entry["quota"]["used"] == 3
    assert (entry["paused_until"], entry["breaker"]["consecutive_failures"]) == (None, 0)
    (listed,) = command("status", "--json").document["customers"]
    assert {**listed, "checkpoint_age_seconds": 0} == {**entry, "checkpoint_age_seconds": 0}


@pytest.mark.usefixtures("fleet")
def test_report_shows_an_earlier_run(command: Command) -> None:
    first = command("run", CUSTOMER, "--json").document
    command("run", CUSTOMER, "--json")
    printed = command("report", CUSTOMER, "--run", first["run_id"], "--json")
    assert printed.code == 0
    told = printed.document
    page = told.pop("page")
    assert told == first
    assert Path(page).stem == first["run_id"]


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    "words",
    [
        ("run", "nobody", "--json"),
        ("run", CUSTOMER, "--layer", "poll", "--json"),
        ("run", CUSTOMER, "--layer", "sideways", "--json"),
        ("status", "nobody", "--json"),
        ("report", CUSTOMER, "--json"),
        ("report", CUSTOMER, "--run", "no-such-run", "--json"),
        ("run", "--json"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_a_remedy(command: Command, words: tuple[str, ...]) -> None:
    printed = command(*words)
    assert printed.code == 2
    assert printed.document["error"]["message"]
    assert printed.document["error"]["remedy"]


@pytest.mark.usefixtures("fleet")
def test_a_poll_by_hand_sends_what_is_new(command: Command, world: World) -> None:
    command("run", CUSTOMER, "--json")
    world.change_vomo("vomo-token", share=0, add=2)
    report = command("run", CUSTOMER, "--layer", "poll", "--json").document
    assert (report["layer"], report["status"], report["creates"], report["successes"]) == ("poll", "done", 2, 2)


@pytest.mark.usefixtures("fleet")
def test_a_missing_token_fails_the_run_and_names_the_variable(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VOMO_TOKEN")
    printed = command("run", CUSTOMER, "--json")
    assert printed.code == 1
    assert "VOMO_TOKEN" in printed.document["error"]["message"]


@pytest.mark.usefixtures("fleet")
def test_a_paused_customer_is_exit_code_4_until_it_is_resumed(command: Command) -> None:
    command("customers", "pause", CUSTOMER, "--reason", "moving house", "--json")
    printed = command("run", CUSTOMER, "--json")
    assert (printed.code, printed.document["status"]) == (4, "paused")
    assert "moving house" in printed.document["error"]["message"]
    assert command("status", CUSTOMER, "--json").code == 4
    command("customers", "resume", CUSTOMER, "--reason", "done", "--json")
    assert command("run", CUSTOMER, "--json").code == 0


def test_the_command_itself_starts_and_explains_itself(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "sync_pipeline", "--help"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    for name in ("run", "status", "report", "plan", "customers", "sandbox", "demo", "ui"):
        assert name in shown.stdout


@pytest.mark.usefixtures("fleet")
def test_a_customer_of_another_region_is_not_run_here(
    command: Command, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_REGION", "eu")
    printed = command("run", CUSTOMER, "--json")
    assert printed.code == 2
    assert "SYNC_REGION" in printed.document["error"]["remedy"]
    assert world.books("virtuous-token")["requests"] == {}


@pytest.mark.parametrize(
    "words", [("run", CUSTOMER), ("plan", CUSTOMER), ("plan", "--all"), ("status",), ("status", "--fleet")]
)
def test_a_deployment_of_another_region_does_not_open_the_stores_of_this_one(
    command: Command, world: World, fleet: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SYNC_REGION", "us")
    assert command("run", CUSTOMER, "--json").code == 0
    before = world.books("virtuous-token")["requests"]
    file = fleet / f"{CUSTOMER}.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("region: us", "region: eu"), encoding="utf-8")
    monkeypatch.setenv("SYNC_REGION", "eu")
    printed = command(*words, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
    assert "The state store belongs to the region us" in printed.document["error"]["message"]
    assert world.books("virtuous-token")["requests"] == before


@pytest.mark.usefixtures("fleet")
def test_a_dagster_home_that_is_a_file_is_exit_code_2(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "file"))
    printed = command("run", CUSTOMER, "--json")
    assert printed.code == 2
    assert "DAGSTER_HOME" in printed.document["error"]["message"]


@pytest.mark.usefixtures("fleet")
def test_a_reconciliation_confirms_what_was_imported_and_shows_in_dagster(world: World, command: Command) -> None:
    users = command("run", CUSTOMER, "--json").document["successes"]
    world.run_import("virtuous-token")
    printed = command("run", CUSTOMER, "--layer", "reconcile", "--json")
    account = printed.document["reconciliation"]
    assert (printed.code, account["confirmed"], account["full"], account["finished"]) == (0, users, False, True)
    weekly = command("run", CUSTOMER, "--layer", "reconcile", "--full", "--json").document["reconciliation"]
    assert (weekly["compared"], weekly["full"]) == (users, True)
    assert "confirmed" in command("run", CUSTOMER, "--layer", "reconcile").out
    workplace = Workplace()
    with opened_instance(workplace, CUSTOMER) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("reconciliation"))
        assert event is not None
        assert event.asset_materialization is not None
        metadata = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    assert (metadata["confirmed"], metadata["drifted"], metadata["layer"]) == (0, 0, "reconcile")


@pytest.mark.usefixtures("fleet")
def test_only_a_reconciliation_can_be_full(command: Command) -> None:
    printed = command("run", CUSTOMER, "--full", "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
