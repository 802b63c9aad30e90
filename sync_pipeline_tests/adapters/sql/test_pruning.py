"""What the state store says about the cuts of a customer, and which of them are pruned."""

import pytest

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.cut_history import CutHistory, KnownCut
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.run import RunStatus
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, RUN, STREAM, Worker, holder_elsewhere, operation
from sync_pipeline_tests.clock import START, FakeClock


def history(worker: Worker) -> CutHistory:
    return worker.store.pruning.history(worker.customer)


def test_a_cut_is_as_old_as_the_end_of_its_read(worker: Worker, clock: FakeClock) -> None:
    began = worker.begin_cut()
    clock.advance(hours=2)
    worker.read(began)
    reading = worker.begin_cut("projects")
    assert sorted(history(worker).cuts, key=lambda cut: cut.cut) == [
        KnownCut(1, STREAM, CutState.READ, RUN, 1, clock.now()),
        KnownCut(reading.cut, "projects", CutState.READING, RUN, None, clock.now()),
    ]
    assert began.read_started_at == START
    assert (history(worker).streams, history(worker).newest_cut) == (["projects", STREAM], 2)


def test_the_current_files_are_named(worker: Worker) -> None:
    worker.diffed(worker.read(worker.begin_cut()), folded=(1, "hash"))
    worker.ready_cut()
    (position,) = history(worker).positions
    assert (position.stream, position.snapshot_cut, position.acknowledged_cut) == (STREAM, 2, 1)


def test_a_customer_that_was_never_read_has_no_history(store: StateStore) -> None:
    assert store.pruning.history("new") == CutHistory([], [], 0)


def test_cuts_of_operations_that_are_not_over_are_open(worker: Worker, store: StateStore, clock: FakeClock) -> None:
    Worker(store, clock, customer="lakeside").plan(operation("1"))
    planned = worker.plan(operation("1"))
    dead = worker.plan(operation("2", reason="has no name"))
    assert history(worker).open_cuts == {planned.cut, dead.cut}
    worker.accept_all()
    assert history(worker).open_cuts == {dead.cut}


@pytest.mark.parametrize("status", [RunStatus.PARKED, RunStatus.DONE])
def test_runs_at_work_and_parked_ones_are_open(worker: Worker, store: StateStore, status: RunStatus) -> None:
    worker.begin_run()
    assert (history(worker).open_runs, store.fleet.open_runs()) == ({RUN}, {RUN})
    resume_at = worker.clock.now() if status == RunStatus.PARKED else None
    store.runs.finish_slice(worker.lease, RUN, "dagster-1", status, resume_at, {})
    open_runs = {RUN} if status == RunStatus.PARKED else set()
    assert (history(worker).open_runs, store.fleet.open_runs()) == (open_runs, open_runs)


def test_what_is_pruned_says_when_and_is_forgotten_after_a_while(
    worker: Worker, store: StateStore, clock: FakeClock
) -> None:
    first, second = worker.plan(operation("1")), worker.plan(operation("2"))
    clock.advance(days=40)
    store.pruning.mark_pruned(worker.lease, [first.cut])
    pruned_at = clock.now()
    assert {cut.cut: cut.is_pruned for cut in history(worker).cuts} == {first.cut: True, second.cut: False}
    clock.advance(days=31)
    store.pruning.mark_pruned(worker.lease, [first.cut])
    assert [cut.cut for cut in history(worker).cuts] == [second.cut]
    assert history(worker).newest_cut == second.cut
    rows = store.held.rows(CUSTOMER, [CutState.PLANNED])
    assert {row["cut"]: row["pruned_at"] for row in rows} == {first.cut: pruned_at, second.cut: None}


def test_a_cut_that_is_not_over_is_never_marked(worker: Worker, store: StateStore) -> None:
    ready = worker.ready_cut()
    store.pruning.mark_pruned(worker.lease, [ready.cut])
    assert [(cut.cut, cut.is_pruned) for cut in history(worker).cuts] == [(ready.cut, False)]


def test_nothing_is_marked_without_the_lease(worker: Worker, store: StateStore, clock: FakeClock) -> None:
    planned = worker.plan(operation("1"))
    clock.advance(hours=1)
    assert store.leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    with pytest.raises(BusyError):
        store.pruning.mark_pruned(worker.lease, [planned.cut])
    assert [(cut.cut, cut.is_pruned) for cut in history(worker).cuts] == [(planned.cut, False)]
