"""Checkpoints: how far every change of a stream is accounted for."""

from datetime import UTC, date, datetime, timedelta

from sync_pipeline.domain.positions import CutState
from sync_pipeline_tests.adapters.sql.support import Worker, operation, upto
from sync_pipeline_tests.clock import START, FakeClock

FIRST = datetime(2026, 2, 27, 12, tzinfo=UTC)
SECOND = datetime(2026, 2, 28, 12, tzinfo=UTC)


def test_nothing_planned_yet_leaves_the_checkpoint_where_it_is(worker: Worker) -> None:
    worker.ready_cut(FIRST)
    position = worker.move_checkpoints()
    assert position.checkpoint is None
    assert position.accounted_at is None


def test_the_checkpoint_does_not_pass_planned_operations(worker: Worker) -> None:
    worker.plan(newest=FIRST)
    worker.plan(operation("1"), newest=SECOND)
    assert worker.move_checkpoints().checkpoint == FIRST


def test_the_checkpoint_does_not_pass_operations_in_doubt(worker: Worker) -> None:
    worker.plan(newest=FIRST)
    worker.plan(operation("1"), newest=SECOND)
    worker.claim()
    assert worker.move_checkpoints().checkpoint == FIRST


def test_the_checkpoint_does_not_pass_a_cut_that_is_not_planned_to_its_end(worker: Worker) -> None:
    worker.plan(newest=FIRST)
    worker.ready_cut(SECOND)
    assert worker.move_checkpoints().checkpoint == FIRST


def test_the_checkpoint_passes_what_was_accepted(worker: Worker) -> None:
    worker.plan(operation("1"), newest=FIRST)
    worker.accept_all()
    assert worker.move_checkpoints().checkpoint == FIRST


def test_the_checkpoint_passes_what_was_deferred(worker: Worker) -> None:
    worker.plan(operation("1"), newest=FIRST)
    worker.sending.defer_planned("an outage")
    assert worker.move_checkpoints().checkpoint == FIRST


def test_the_checkpoint_passes_dead_letters(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2", reason="no name"), newest=FIRST)
    worker.sending.dead(worker.claim().ids, "400")
    assert worker.move_checkpoints().checkpoint == FIRST


def test_the_checkpoint_passes_what_a_newer_value_replaced(worker: Worker) -> None:
    worker.plan(operation("1", "a"), newest=FIRST)
    worker.plan(operation("1", "b"), newest=SECOND)
    worker.accept_all()
    assert worker.move_checkpoints().checkpoint == SECOND


def test_a_cut_without_changes_moves_the_checkpoint(worker: Worker) -> None:
    worker.plan(newest=FIRST)
    worker.move_checkpoints()
    worker.plan(newest=SECOND)
    assert worker.move_checkpoints().checkpoint == SECOND


def test_the_checkpoint_never_goes_back(worker: Worker) -> None:
    worker.plan(newest=SECOND)
    worker.move_checkpoints()
    worker.plan(newest=FIRST)  # a full read in which the newest record is gone
    assert worker.move_checkpoints().checkpoint == SECOND


def test_a_deferred_operation_that_is_tried_again_does_not_take_the_checkpoint_back(worker: Worker) -> None:
    worker.plan(newest=FIRST)
    reached = worker.plan(operation("1"), newest=SECOND)
    worker.sending.defer_planned("an outage")
    worker.move_checkpoints()
    worker.sending.retry_deferred()
    position = worker.move_checkpoints()
    assert position.checkpoint == SECOND
    assert position.checkpoint_cut == reached.cut


def test_a_record_dated_in_the_future_does_not_take_the_checkpoint_there(worker: Worker) -> None:
    """A wrong clock at the source: the read position was stopped at the start of the read (stage change_set)."""
    future = START + timedelta(days=365 * 50)
    cut = worker.diffed(worker.read(worker.begin_cut(), newest=future), read_position=START)
    worker.store.cuts.finish_planning(worker.lease, cut)
    assert worker.move_checkpoints().checkpoint == START


def test_a_stream_without_times_is_measured_in_cuts(worker: Worker) -> None:
    cut = worker.plan(operation("1"))
    worker.accept_all()
    position = worker.move_checkpoints()
    assert position.checkpoint is None
    assert position.checkpoint_cut == cut.cut


def test_everything_is_accounted_for_as_of_the_read_when_nothing_is_open(worker: Worker, clock: FakeClock) -> None:
    """Also a read that found nothing new: a quiet customer is not stale."""
    worker.plan(operation("1"), newest=FIRST)
    worker.accept_all()
    clock.advance(hours=1)
    assert worker.move_checkpoints().accounted_at == START
    tomorrow = clock.advance(days=1)
    worker.plan()
    clock.advance(minutes=5)
    position = worker.move_checkpoints()
    assert position.accounted_at == tomorrow
    assert position.checkpoint == FIRST


def test_nothing_is_accounted_for_while_something_is_open(worker: Worker, clock: FakeClock) -> None:
    worker.plan()
    worker.move_checkpoints()
    clock.advance(days=1)
    worker.plan(operation("1"))
    assert worker.move_checkpoints().accounted_at == START
    worker.claim()
    assert worker.move_checkpoints().accounted_at == START


def test_streams_have_checkpoints_of_their_own(worker: Worker) -> None:
    worker.plan(operation("1"), newest=FIRST)
    projects = worker.ready_cut(SECOND, stream="projects")
    worker.store.cuts.finish_planning(worker.lease, projects)
    worker.move_checkpoints()
    assert worker.position().checkpoint is None
    assert worker.position("projects").checkpoint == SECOND


def test_a_superseded_read_holds_nothing_back(worker: Worker) -> None:
    worker.read(worker.begin_cut(), newest=FIRST)
    worker.begin_cut()
    read = worker.begin_cut()
    worker.store.cuts.finish_planning(worker.lease, worker.diffed(worker.read(read, newest=SECOND)))
    assert worker.move_checkpoints().checkpoint == SECOND
    assert worker.store.cuts.cuts(worker.customer, [CutState.READ, CutState.READING]) == []


def test_five_nights_of_deferrals_leave_a_checkpoint_that_still_moves(worker: Worker) -> None:
    worker.plan(operation("1"), newest=FIRST)
    for day in range(1, 6):
        worker.sending.defer_planned("an outage")
        worker.sending.count_deferrals(date(2026, 3, day))
        worker.sending.retry_deferred()
    assert worker.sending.claim(upto(1)) is None
    assert worker.move_checkpoints().checkpoint == FIRST
