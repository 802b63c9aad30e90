"""Whole slices through the real Dagster job: however one ends, the run has a report and the next one goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.launch import execute_slice, new_run
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

VIRTUOUS, VOMO = "virtuous-token", "vomo-token"


def run_slice() -> tuple[str | None, dict[str, Any]]:
    """Why Dagster calls it failed, and the run as the state store has it."""
    workplace = Workplace()
    try:
        run = new_run(workplace, workplace.customer(CUSTOMER), None)
        failure = execute_slice(workplace, run, defs)
        row = workplace.state.runs.run(CUSTOMER, run.run_id)
        assert row is not None
        return None if failure is None else failure.message, dict(row)
    finally:
        workplace.close()


def data_files(kind: str) -> list[Path]:
    workplace = Workplace()
    return sorted(workplace.settings.data_folder.rglob(f"{kind}/*.parquet"))


@pytest.mark.usefixtures("fleet")
def test_nights_with_faults_on_both_sides_end_with_everything_delivered(world: World) -> None:
    world.add_fault(side="vomo", kind="cut_before", every=2, times=1)
    assert run_slice()[0] is None
    world.change_vomo(VOMO, share=0.2, add=3)
    world.add_fault(side="virtuous", kind="status_after", status=502, path="/api/Contact", times=1)
    failure, row = run_slice()
    assert (failure, row["status"], row["report"]["successes"]) == (None, "done", 7)
    assert_delivered(world, VIRTUOUS, VOMO)


@pytest.mark.usefixtures("fleet")
def test_a_parked_slice_is_a_success_and_the_next_one_goes_on(world: World) -> None:
    world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=3600, times=1)
    failure, row = run_slice()
    assert (failure, row["status"], row["report"]["pending"]) == (None, "parked", 20)
    assert row["resume_at"] is not None


@pytest.mark.usefixtures("fleet")
def test_a_defect_in_a_stage_leaves_a_report_without_a_value_and_the_run_is_over(world: World) -> None:
    run_slice()
    for path in data_files("snapshots"):
        path.write_bytes(b"PAR1 no parquet at all: secret@example.org PAR1")
    world.change_vomo(VOMO, share=0.2)
    failure, row = run_slice()
    assert failure is not None
    assert row["status"] == "failed"
    assert row["report"]["stage_failures"][0]["message"].startswith("Unexpected ")
    assert "secret@example.org" not in failure + json.dumps(row["report"])


@pytest.mark.usefixtures("fleet")
def test_a_lost_data_file_fails_its_stream_with_the_remedy(world: World) -> None:
    run_slice()
    for path in data_files("snapshots"):
        path.unlink()
    world.change_vomo(VOMO, share=0.2)
    failure, row = run_slice()
    assert failure is not None
    assert (row["status"], row["report"]["stage_failures"][0]["subject"]) == ("failed", "users")
    assert "--layer initial" in row["report"]["stage_failures"][0]["remedy"]
