"""The whole fleet is checked by one run, from the state store."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.orchestration.test_due_customers import schedule
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

EVENING = datetime(2026, 3, 2, 23, tzinfo=UTC)


@pytest.fixture
def nights(fleet: Path, instance: dg.DagsterInstance) -> Nights:
    """One customer, whose night begins now."""
    schedule(fleet, CUSTOMER, "23:00")
    made = Nights(instance, FakeClock(EVENING))
    (request,) = made.tick()
    assert made.start(request).success
    return made


def checked(nights: Nights) -> dict[str, dg.AssetCheckEvaluation]:
    mine = dg.Definitions(
        assets=defs.assets,
        asset_checks=defs.asset_checks,
        jobs=defs.jobs,
        resources={"workplace": nights.resource},
    )
    result = mine.resolve_job_def("fleet_checks").execute_in_process(instance=nights.instance)
    assert result.success
    return {evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()}


def failed(nights: Nights) -> set[str]:
    return {name for name, evaluation in checked(nights).items() if not evaluation.passed}


def test_all_is_well_after_a_night(nights: Nights) -> None:
    assert failed(nights) == set()


def test_a_customer_that_was_left_alone_is_stale_late_and_unconfirmed(nights: Nights) -> None:
    nights.clock.advance(hours=51)
    found = checked(nights)
    assert {name for name, one in found.items() if not one.passed} == {
        "stale_checkpoints",
        "missed_runs",
        "unconfirmed_aging",
    }
    stale = found["stale_checkpoints"]
    assert CUSTOMER in (stale.description or "")
    assert stale.metadata["customers"].value == 1
    assert "sync-pipeline status" in str(stale.metadata["remedy"].value)


def test_a_paused_customer_is_told_as_paused_only(nights: Nights, world: World) -> None:
    del world
    workplace = nights.open()
    workplace.state.breakers.pause(CUSTOMER, "3 runs in a row failed", "breaker")
    workplace.close()
    nights.clock.advance(hours=30)
    assert failed(nights) == {"breakers_open"}
