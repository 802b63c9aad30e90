"""A Dagster run whose process is gone keeps nobody out, wherever in the run it was killed."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.definitions import defs
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.runs import tags_of
from sync_pipeline.sandbox.world import World
from sync_pipeline.stages.applied_ledger import finish
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.orchestration.test_due_customers import schedule
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

STARTED = dg.DagsterRunStatus.STARTED


@pytest.fixture
def nights(fleet: Path, instance: dg.DagsterInstance) -> Nights:
    """The night of the one customer begins now; Dagster's own times are real ones."""
    now = datetime.now(UTC)
    schedule(fleet, CUSTOMER, f"{now:%H:%M}")
    return Nights(instance, FakeClock(now))


def is_over(nights: Nights, run: dg.DagsterRun) -> bool:
    known = nights.instance.get_run_by_id(run.run_id)
    assert known is not None
    return known.is_finished


def test_a_run_that_was_killed_before_its_night_began_is_ended_and_the_night_begins(
    nights: Nights, world: World
) -> None:
    (request,) = nights.tick()
    run = nights.queue(request, STARTED)
    assert (nights.resumed(), is_over(nights, run)) == ([], False)  # it may still be starting
    nights.clock.advance(minutes=6)
    assert (nights.resumed(), is_over(nights, run)) == ([], True)
    (again,) = nights.tick()
    assert again.run_key != request.run_key
    assert nights.start(again).success
    assert world.books("virtuous-token")["rows_accepted"] == 20


def test_a_run_that_was_killed_after_its_night_was_over_is_ended_before_the_next_one(nights: Nights) -> None:
    (request,) = nights.tick()
    assert nights.start(request).success
    nights.clock.advance(minutes=20)
    run = nights.queue(request, STARTED)
    nights.begin(request, run.run_id, lambda context: finish(context, RunStatus.DONE, None))
    assert (nights.resumed(), is_over(nights, run)) == ([], False)  # Dagster may still be writing its end
    nights.clock.advance(minutes=6)
    assert (nights.resumed(), is_over(nights, run)) == ([], True)
    nights.clock.advance(hours=23, minutes=40)
    assert nights.due() == [CUSTOMER]


def test_a_run_by_hand_that_was_killed_costs_its_customer_no_night(nights: Nights) -> None:
    nights.tick()
    workplace = nights.open()
    by_hand = new_run(workplace, workplace.customer(CUSTOMER), None)
    workplace.close()
    request = dg.RunRequest(partition_key=CUSTOMER, tags=tags_of(by_hand))
    run = nights.queue(request, STARTED)
    nights.begin(request, run.run_id)
    assert nights.tick() == []
    nights.clock.advance(minutes=6)
    assert (nights.resumed(), is_over(nights, run)) == ([], True)
    assert nights.due() == [CUSTOMER]


def test_a_run_that_holds_its_customer_is_left_alone_however_long_it_takes(nights: Nights) -> None:
    (request,) = nights.tick()
    run = nights.queue(request, STARTED)
    nights.begin(request, run.run_id)
    nights.clock.advance(hours=3)
    workplace = nights.open()
    assert workplace.state.leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    assert (nights.resumed(), is_over(nights, run)) == ([], False)
    workplace.close()


def test_a_sweep_that_was_killed_does_not_end_all_polling() -> None:
    """Nobody holds a lease for a whole sweep: Dagster ends it, after longer than one takes."""
    assert defs.resolve_job_def("poll_sweep").run_tags["dagster/max_runtime"] == "600"
