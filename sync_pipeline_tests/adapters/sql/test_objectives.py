"""What the store knows of thirty days, on each kind of database."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.pause import BREAKER, REGISTRY
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, RUN, Worker
from sync_pipeline_tests.clock import START, FakeClock

HOUR = timedelta(hours=1)
SLOT = START.date().isoformat()


def begin(worker: Worker, slot: str, run_id: str = RUN, layer: Layer = Layer.NIGHTLY) -> None:
    worker.store.runs.begin_slice(worker.lease, Run(CUSTOMER, run_id, layer, slot), "dagster-1")


@pytest.fixture
def ran(worker: Worker) -> Worker:
    """A customer whose first run began, and is known by its positions."""
    begin(worker, SLOT)
    worker.ready_cut()
    return worker


def finish(worker: Worker, status: RunStatus) -> None:
    worker.store.runs.finish_slice(worker.lease, worker.run_id, "dagster-1", status, None, {})


def test_who_has_never_run_has_no_past(store: StateStore) -> None:
    assert store.objectives.past() == {}
    assert store.objectives.past([CUSTOMER]) == {}


def test_nights_are_told_by_their_slots_and_states(ran: Worker) -> None:
    finish(ran, RunStatus.DONE)
    past = ran.store.objectives.past([CUSTOMER])[CUSTOMER]
    assert past.began_at == START
    assert past.nights == {SLOT: {"done"}}


def test_other_layers_are_no_nights(ran: Worker) -> None:
    begin(ran, SLOT, "run-2", Layer.RECONCILE)
    assert ran.store.objectives.past()[CUSTOMER].nights == {SLOT: {"failed"}}


@pytest.mark.parametrize(
    ("actor", "spans"), [("sam", [(START, START + HOUR)]), (REGISTRY, [(START, START + HOUR)]), (BREAKER, [])]
)
def test_pauses_of_people_are_told_with_their_ends(
    ran: Worker, clock: FakeClock, actor: str, spans: list[object]
) -> None:
    ran.store.breakers.pause(CUSTOMER, "a look", actor)
    clock.advance(hours=1)
    ran.store.breakers.resume(CUSTOMER, "looked", "sam")
    assert list(ran.store.objectives.past()[CUSTOMER].paused) == spans


def test_a_pause_that_lasts_has_no_end(ran: Worker) -> None:
    ran.store.breakers.pause(CUSTOMER, "3 runs in a row failed", BREAKER)
    ran.store.breakers.pause(CUSTOMER, "a look", "sam")
    ran.store.breakers.pause(CUSTOMER, "another look", "kim")
    assert list(ran.store.objectives.past()[CUSTOMER].paused) == [(START, None)]


@pytest.fixture
def spells(ran: Worker) -> Callable[[], list[object]]:
    return lambda: list(ran.store.objectives.past()[CUSTOMER].stale)


def test_a_spell_lasts_from_when_the_data_became_too_old_until_somebody_sees_it_renewed(
    ran: Worker, clock: FakeClock, spells: Callable[[], list[object]]
) -> None:
    for _ in range(3):
        ran.store.objectives.note({CUSTOMER: START - HOUR})
        clock.advance(minutes=20)
    assert spells() == [(START - HOUR, None)]
    ran.store.objectives.note({})
    ran.store.objectives.note({})
    assert spells() == [(START - HOUR, START + HOUR)]


def test_who_is_stale_as_before_after_a_pause_is_not_stale_twice(
    ran: Worker, clock: FakeClock, spells: Callable[[], list[object]]
) -> None:
    ran.store.objectives.note({CUSTOMER: START - HOUR})
    ran.store.objectives.note({})
    clock.advance(hours=1)
    ran.store.objectives.note({CUSTOMER: START - HOUR})
    assert spells() == [(START - HOUR, START), (START, None)]


def test_what_was_over_thirty_days_ago_is_not_told(
    ran: Worker, clock: FakeClock, spells: Callable[[], list[object]]
) -> None:
    ran.store.objectives.note({CUSTOMER: START - HOUR})
    ran.store.objectives.note({})
    clock.advance(days=31)
    assert spells() == []
