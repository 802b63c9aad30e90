"""Processes that spend one quota together, and the death of one that waits for its quota."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from sync_pipeline.orchestration.partitions import register
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sensors import resume_parked
from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.chaos.victims import RUN, Scene, Victim
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO

pytestmark = pytest.mark.chaos

NEIGHBOUR = "harbor"


@pytest.mark.parametrize("headers", [True, False], ids=["headers", "no headers"])
def test_two_processes_of_one_organization_spend_its_budget_together_and_no_more(
    scene_on: Scene, *, headers: bool
) -> None:
    """Two nonprofits whose data goes into one organization, 60 changes each; a permit too many would be a 429."""
    scene = scene_on
    scene.world.change_organization(VIRTUOUS, quota={"headers": headers})
    scene.configure(destination={"quota": {"use": 1.0}})
    scene.add_customer(NEIGHBOUR, users=60, token=VIRTUOUS)
    for victim in nights_of_both(scene):
        assert victim.end()[0] == 0  # from now on it is known that they share
    budget = scene.books()["quota"]["used"] + 50
    scene.world.change_organization(VIRTUOUS, quota={"requests": budget, "headers": headers})
    for token in (VOMO, f"{NEIGHBOUR}-vomo"):
        scene.world.change_vomo(token, share=1.0)
    scene.configure(destination={"batch": {"max": 1}, "quota": {"requests": budget}})
    scene.write_customer(NEIGHBOUR, VIRTUOUS)
    for victim in nights_of_both(scene):
        code, report = victim.end()
        assert (code, report["status"], report["failures"]) == (3, "parked", 0)
        assert report["resume_at"] is not None
    books = scene.books()
    assert "429" not in books["answers"]
    assert books["quota"]["used"] == budget


def test_a_run_killed_while_it_waits_for_its_quota_is_gone_on_with_when_its_time_has_come(scene_on: Scene) -> None:
    scene = scene_on
    scene.world.add_fault(
        side="virtuous", path="/api/Contact/Transaction", kind="rate_limited", retry_after=3600, times=1
    )
    scene.configure(destination={"batch": {"max": 1}})
    waiting = scene.command(*RUN, "--wait")
    workplace = Workplace(load_settings(scene.environment))

    def is_parked() -> bool:
        run = workplace.state.runs.run(CUSTOMER)
        return run is not None and run["status"] == "parked" and workplace.state.leases.is_held(CUSTOMER)

    assert waiting.kill_when(is_parked)
    run = workplace.state.runs.run(CUSTOMER)
    assert run is not None
    asked = scene.books()["requests"]

    code, report = scene.night().end()  # who starts it by hand before its time is told the same time
    assert (code, report["status"]) == (3, "parked")
    assert datetime.fromisoformat(report["resume_at"]) == run["resume_at"]
    assert scene.books()["requests"] == asked

    assert resumed_at(scene, datetime.now(UTC)) == []
    (request,) = resumed_at(scene, run["resume_at"] + timedelta(seconds=1))
    assert (request.partition_key, request.tags["sync/run_id"]) == (CUSTOMER, report["run_id"])
    workplace.close()


def nights_of_both(scene: Scene) -> list[Victim]:
    return [scene.night(), scene.night(NEIGHBOUR)]


def resumed_at(scene: Scene, now: datetime) -> list[dg.RunRequest]:
    """What the sensor requests at such a time."""
    clock = FakeClock(now)

    class Later(WorkplaceResource):
        def open(self) -> Workplace:
            return Workplace(load_settings(scene.environment), clock)

    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance, resources={"workplace": Later()}) as context,
    ):
        register(instance, [CUSTOMER])
        result = resume_parked(context)
    assert isinstance(result, dg.SensorResult)
    return list(result.run_requests or [])
