"""A night whose process is killed goes on by itself, and its customer is not kept out by a run that nobody ends."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.adapters.sql.interrupted import MOST_INTERRUPTIONS
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.orchestration.test_due_customers import schedule
from sync_pipeline_tests.sandbox_fleet import CUSTOMER


@pytest.fixture
def nights(fleet: Path, instance: dg.DagsterInstance) -> Nights:
    """It is 23:00 UTC, and the night of the one customer begins."""
    schedule(fleet, CUSTOMER, "23:00")
    return Nights(instance, FakeClock(datetime(2026, 3, 2, 23, tzinfo=UTC)))


def killed(nights: Nights) -> tuple[dg.RunRequest, dg.DagsterRun]:
    """The night has begun in a process that is gone; Dagster believes that it is at work."""
    (request,) = nights.tick()
    run = nights.queue(request)
    nights.begin(request, run.run_id)
    return request, run


def status(nights: Nights) -> str:
    workplace = nights.open()
    row = workplace.state.runs.run(CUSTOMER)
    workplace.close()
    assert row is not None
    return row["status"]


def test_a_killed_night_goes_on_at_the_next_tick_until_it_is_done(nights: Nights, world: World) -> None:
    request, run = killed(nights)
    assert nights.tick() == []
    (again,) = nights.resumed()
    assert again.tags["sync/run_id"] == request.tags["sync/run_id"]
    ended = nights.instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE
    assert nights.start(again).success
    assert status(nights) == "done"
    assert world.books("virtuous-token")["rows_accepted"] == 20
    assert (nights.tick(), nights.resumed()) == ([], [])


def test_whoever_is_at_work_is_left_to_it(nights: Nights) -> None:
    workplace = nights.open()
    (request,) = nights.tick()
    nights.begin(request)
    lease = workplace.state.leases.acquire(CUSTOMER, holder_elsewhere())
    assert lease is not None
    assert nights.resumed() == []
    assert status(nights) == "running"
    workplace.close()


def test_a_night_that_is_killed_again_and_again_before_it_gets_anywhere_fails(nights: Nights) -> None:
    """It may be its data that kills it; a machine that is started over a few times is no reason to give up."""
    killed(nights)
    for attempt in range(1, MOST_INTERRUPTIONS):
        (again,) = nights.resumed()
        nights.begin(again, f"dead-{attempt}")
    assert nights.resumed() == []
    assert status(nights) == "failed"


def test_a_night_that_was_killed_before_it_got_anywhere_is_not_stuck_when_it_parks(
    nights: Nights, world: World
) -> None:
    world.add_fault(side="vomo", kind="rate_limited", path="/vomo/v1/users", retry_after=3600)
    killed(nights)
    (again,) = nights.resumed()
    nights.start(again)
    assert status(nights) == "parked"


def test_a_run_by_hand_that_somebody_killed_stays_killed(nights: Nights) -> None:
    nights.tick()
    workplace = nights.open()
    customer = workplace.customer(CUSTOMER)
    run = new_run(workplace, customer, None)
    with workplace.stage(customer, run, "by-hand"):
        pass
    workplace.close()
    assert nights.resumed() == []
    assert status(nights) == "running"  # as the store has it; `status` says that nobody is at work
