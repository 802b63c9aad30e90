"""Cuts: each read of a stream, from its first page to its planned change set."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.positions import CutState, ReadSoFar
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, SOURCE, STREAM, Worker, operation
from sync_pipeline_tests.clock import START, FakeClock

NEWEST = datetime(2026, 2, 28, 12, tzinfo=UTC)


def test_cuts_are_numbered_per_customer_over_all_its_streams(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    assert [worker.begin_cut("users").cut, worker.begin_cut("projects").cut] == [1, 2]
    assert other.begin_cut("users").cut == 1
    assert worker.begin_cut("users").cut == 3


def test_a_new_read_takes_the_place_of_an_unfinished_one_of_its_stream(worker: Worker) -> None:
    crashed = worker.begin_cut("users")
    elsewhere = worker.begin_cut("projects")
    worker.begin_cut("users")
    assert worker.known(crashed).state == CutState.SUPERSEDED
    assert worker.known(elsewhere).state == CutState.READING


def test_a_new_read_leaves_finished_ones_alone(worker: Worker) -> None:
    read = worker.read(worker.begin_cut())
    worker.begin_cut()
    assert worker.known(read).state == CutState.READ


def test_a_finished_read_covers_one_that_nobody_compared_yet(worker: Worker) -> None:
    earlier = worker.read(worker.begin_cut())
    later = worker.read(worker.begin_cut())
    assert worker.known(earlier).state == CutState.SUPERSEDED
    assert worker.known(later).state == CutState.READ


def test_a_finished_read_leaves_other_streams_and_planned_work_alone(worker: Worker) -> None:
    ready = worker.ready_cut()
    other = worker.read(worker.begin_cut("projects"))
    worker.read(worker.begin_cut())
    assert worker.known(ready).state == CutState.READY
    assert worker.known(other).state == CutState.READ


def test_a_finished_read_is_the_newest_snapshot_and_leaves_the_read_position(worker: Worker) -> None:
    """A crash before the change set is durable must read the same records again."""
    cut = worker.read(worker.begin_cut(), newest=NEWEST, rows=12)
    assert worker.position().snapshot_cut == cut.cut
    assert worker.position().read_position is None
    assert (cut.rows, cut.newest_modified, cut.proven, cut.strategy) == (12, NEWEST, True, Strategy.MODIFIED_SINCE)
    assert cut.read_started_at == START


def test_a_durable_change_set_moves_the_read_position(worker: Worker) -> None:
    worker.diffed(worker.read(worker.begin_cut(), newest=NEWEST), counts=ChangeCounts(1, 2, 3, 4))
    assert worker.position().read_position == NEWEST
    assert worker.store.cuts.cuts(CUSTOMER, [CutState.READY])[0].counts == ChangeCounts(1, 2, 3, 4)


def test_a_stream_without_times_has_change_sets_too(worker: Worker) -> None:
    worker.ready_cut()
    second = worker.ready_cut()
    assert second.state == CutState.READY
    assert worker.position().read_position is None


def test_a_cut_that_found_no_time_keeps_the_read_position(worker: Worker) -> None:
    worker.ready_cut(NEWEST)
    worker.diffed(worker.read(worker.begin_cut()))
    assert worker.position().read_position == NEWEST


def test_what_was_acknowledged_counts_until_it_is_folded_into_the_index(worker: Worker) -> None:
    worker.plan(operation("1", "a"), operation("2", "b"))
    worker.accept_all()
    assert worker.acknowledged() == {("1", "core"): "core=a", ("2", "core"): "core=b"}
    cut = worker.read(worker.begin_cut())
    worker.diffed(cut, folded=(cut.cut, "mapping-1"))
    assert worker.acknowledged() == {}
    assert worker.position().acknowledged_cut == cut.cut
    assert worker.position().mapping_hash == "mapping-1"


def test_folding_forgets_nothing_of_other_streams_and_customers(store: StateStore, clock: FakeClock) -> None:
    worker, other = Worker(store, clock), Worker(store, clock, customer="lakeside")
    for each in (worker, other):
        each.plan(operation("1"))
        each.accept_all()
    cut = worker.read(worker.begin_cut("projects"))
    worker.diffed(cut, folded=(cut.cut, "mapping-1"))
    assert worker.acknowledged()
    cut = worker.read(worker.begin_cut())
    worker.diffed(cut, folded=(cut.cut, "mapping-1"))
    assert not worker.acknowledged()
    assert other.acknowledged()


def test_without_a_new_index_the_old_one_stays(worker: Worker) -> None:
    cut = worker.read(worker.begin_cut())
    worker.diffed(cut, folded=(cut.cut, "mapping-1"))
    worker.plan(operation("1"))
    worker.accept_all()
    worker.ready_cut(NEWEST)
    assert worker.acknowledged()
    assert worker.position().acknowledged_cut == cut.cut


def test_the_compared_snapshot_is_the_one_of_the_newest_durable_change_set(worker: Worker) -> None:
    assert worker.store.cuts.diffed_snapshot(CUSTOMER, STREAM) is None
    first = worker.ready_cut()
    second = worker.plan(operation("1"))
    worker.read(worker.begin_cut())  # read, and not compared yet
    worker.ready_cut(stream="projects")
    assert first.cut < second.cut
    assert worker.store.cuts.diffed_snapshot(CUSTOMER, STREAM) == second.snapshot_cut


def test_the_cuts_of_a_run_come_with_what_they_cost(worker: Worker) -> None:
    users, projects = worker.begin_cut("users"), worker.begin_cut("projects")
    worker.store.cuts.note_reading(worker.lease, users.cut, ReadSoFar(requests=10, pauses=1))
    worker.store.cuts.note_reading(worker.lease, projects.cut, ReadSoFar(requests=5, pauses=2))
    worker.in_run("run-2").begin_cut()
    cuts, requests, pauses = worker.store.cuts.cuts_of_run(CUSTOMER, worker.run_id)
    assert [cut.cut for cut in cuts] == [users.cut, projects.cut]
    assert (requests, pauses) == (15, 3)


def test_the_position_of_a_stream_never_read_is_empty(worker: Worker) -> None:
    position = worker.position("unknown")
    assert (position.source, position.stream) == (SOURCE, "unknown")
    assert position.read_position is None
    assert position.snapshot_cut is None


def test_moments_come_back_in_utc_whatever_zone_they_were_given_in(worker: Worker) -> None:
    worker.ready_cut(NEWEST.astimezone(ZoneInfo("America/Chicago")))
    found = worker.position().read_position
    assert found == NEWEST
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_a_large_change_set_is_planned_like_a_small_one(worker: Worker) -> None:
    """On PostgreSQL the ledger's statistics are renewed with it; that must work inside the transaction."""
    cut = worker.diffed(worker.read(worker.begin_cut()), counts=ChangeCounts(creates=5_000))
    worker.store.cuts.finish_planning(worker.lease, cut)
    assert worker.known(cut).state == CutState.PLANNED
