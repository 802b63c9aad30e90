"""What the store still knows of runs, on each kind of database."""

from datetime import timedelta
from typing import Any

import pytest

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.answer import TOO_MANY_REQUESTS, Answer, Outcome
from sync_pipeline.domain.operation import Evidence, Permit
from sync_pipeline.domain.pages.facts import FailureReason
from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.ports import Sender
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, HOST, PLENTY, RUN, STREAM, TRACE, Worker, operation
from sync_pipeline_tests.clock import START, FakeClock

WEEK = timedelta(days=7)


def finish(
    worker: Worker, status: RunStatus = RunStatus.DONE, dagster_run_id: str = "dagster-1", **report: Any
) -> None:
    told = {"completed_at": worker.clock.now().isoformat(), "requests": {}, **report}
    worker.store.runs.finish_slice(worker.lease, worker.run_id, dagster_run_id, status, None, told)


def night(worker: Worker, number: int, layer: Layer = Layer.NIGHTLY, **report: Any) -> None:
    one = worker.in_run(f"run-{number}")
    one.begin_run(f"dagster-{number}", layer)
    finish(one, dagster_run_id=f"dagster-{number}", duration_seconds=number, **report)
    worker.clock.advance(days=1)


def test_the_nights_of_a_layer_are_the_newest_ones_in_their_order(worker: Worker) -> None:
    for number in range(5):
        night(worker, number, total_changes=10 * number, failures=number, requests={"a": number, "b": 1})
    night(worker, 9, Layer.RECONCILE)
    nights = worker.store.history.nights(CUSTOMER, Layer.NIGHTLY, START + timedelta(days=3), 3)
    assert [one.run_id for one in nights] == ["run-1", "run-2", "run-3"]
    last = nights[-1]
    assert (last.duration_seconds, last.changes, last.failures, last.requests) == (3, 30, 3, 4)
    assert worker.store.history.nights("somebody-else", Layer.NIGHTLY, START + WEEK, 3) == []


def test_a_killed_run_is_part_of_the_history_and_left_no_numbers(worker: Worker) -> None:
    worker.begin_run()
    (only,) = worker.store.history.nights(CUSTOMER, Layer.NIGHTLY, START, 30)
    assert (only.is_known, only.changes) == (False, 0)
    assert worker.store.history.run(CUSTOMER, RUN) is None
    assert worker.store.history.run(CUSTOMER) is None


def test_the_newest_run_is_the_newest_that_has_a_report(worker: Worker) -> None:
    night(worker, 1)
    worker.in_run("run-2").begin_run("dagster-2")
    newest = worker.store.history.run(CUSTOMER)
    assert newest is not None
    assert (newest.run.run_id, newest.run.layer, newest.status, newest.reported_at) == (
        "run-1",
        Layer.NIGHTLY,
        RunStatus.DONE,
        START,
    )


def test_the_slices_of_a_run_come_with_their_ends(worker: Worker, clock: FakeClock) -> None:
    worker.begin_run()
    clock.advance(minutes=10)
    finish(worker, RunStatus.PARKED)
    clock.advance(minutes=50)
    worker.begin_run("dagster-2")
    first, second = worker.store.history.slices(CUSTOMER, RUN)
    assert (first.number, first.ended_at, first.status) == (1, START + timedelta(minutes=10), RunStatus.PARKED)
    assert (second.number, second.started_at, second.ended_at) == (2, START + timedelta(hours=1), None)


def test_own_requests_are_told_one_by_one_and_those_of_others_by_the_minute(worker: Worker, clock: FakeClock) -> None:
    quota = worker.store.quota
    other = worker.in_run("run-0")
    for seconds in (0, 20, 59, 61):
        clock.reset()
        clock.advance(seconds=seconds)
        quota.take(worker.name, PLENTY, Sender(other.run_id, TRACE), "POST /a")
        last = quota.take(worker.name, PLENTY, Sender(RUN, TRACE), "POST /b")
    assert isinstance(last, Permit)
    quota.observe(worker.name, last, Answer(Outcome.THROTTLED, TOO_MANY_REQUESTS), None)
    mine = worker.store.history.requests(CUSTOMER, RUN)
    assert [(one.at - START).total_seconds() for one in mine] == [0, 20, 59, 61]
    assert [one.throttled for one in mine] == [False, False, False, True]
    found = worker.store.history.other_requests(worker.name, RUN, START, START + WEEK)
    assert sorted(found) == [(START, 3), (START + timedelta(minutes=1), 1)]
    assert worker.store.history.other_requests(worker.name, RUN, START + timedelta(minutes=2), START + WEEK) == []


def test_requests_that_are_not_kept_any_more_are_not_told(worker: Worker, clock: FakeClock) -> None:
    worker.store.quota.take(worker.name, PLENTY, Sender(RUN, TRACE), "GET /b")
    clock.advance(days=2)
    worker.store.quota.forget_questions(CUSTOMER, clock.now())
    assert worker.store.history.requests(CUSTOMER, RUN) == []


def test_outcomes_are_counted_by_stream(worker: Worker) -> None:
    worker.plan(*(operation(str(number)) for number in range(4)), operation("bad", reason="no name"))
    batch = worker.claim(3)
    worker.sending.accepted(batch.ids)
    outcomes = worker.store.history.outcomes(CUSTOMER, RUN)
    assert outcomes == {STREAM: {"accepted": 3, "planned": 1, "dead": 1}}
    assert worker.store.runs.outcomes(CUSTOMER, RUN) == outcomes[STREAM]
    assert worker.store.history.operations(CUSTOMER) == {"accepted": 3, "planned": 1, "dead": 1}


def test_failures_are_grouped_by_reason_with_the_first_ids_as_examples(worker: Worker) -> None:
    worker.plan(*(operation(str(number)) for number in range(1, 9)))
    for number in range(8):
        (one,) = worker.claim(1).ids
        worker.sending.dead([one], "lastName (REQUIRED)" if number < 6 else "email (INVALID)")
    common, rare = worker.store.history.failure_reasons(CUSTOMER, RUN, most=5, examples=2)
    assert common == FailureReason("lastName (REQUIRED)", 6, ((STREAM, "1"), (STREAM, "2")))
    assert rare == FailureReason("email (INVALID)", 2, ((STREAM, "7"), (STREAM, "8")))
    assert worker.store.history.failure_reasons(CUSTOMER, RUN, most=1, examples=2) == [common]
    assert worker.store.history.failure_reasons(CUSTOMER, "another", most=5, examples=2) == []


def test_what_a_repeat_was_refused_for_is_no_failure(worker: Worker) -> None:
    worker.plan(operation("1"))
    worker.sending.accepted(worker.claim().ids, Evidence.REPEAT_REFUSED)
    assert worker.store.history.failure_reasons(CUSTOMER, RUN, most=5, examples=2) == []


def test_a_cut_says_when_it_was_compared(worker: Worker, clock: FakeClock) -> None:
    read = worker.read(worker.begin_cut())
    assert read.compared_at is None
    at = clock.advance(seconds=7)
    assert worker.diffed(read).compared_at == at


@pytest.mark.parametrize("host", [HOST, "elsewhere"])
def test_requests_to_other_organizations_are_not_told(store: StateStore, worker: Worker, host: str) -> None:
    stranger = Worker(store, worker.clock, customer="maple")
    store.quota.take(stranger.name, PLENTY, Sender("run-x", TRACE), "POST /a")
    name = type(worker.name)(CUSTOMER, host)
    assert store.history.other_requests(name, RUN, START, START + WEEK) == []
