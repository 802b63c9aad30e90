"""Runs and their slices, and the counts a report is made of."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import slices
from sync_pipeline.domain.operation import Priority
from sync_pipeline.domain.run import Layer, RunStatus, Stage, StageFailure
from sync_pipeline_tests.adapters.sql.support import CUSTOMER, RUN, Worker, operation
from sync_pipeline_tests.clock import START, FakeClock

LATE = StageFailure("users", "The source answered 500.", "Try later.")
WORSE = StageFailure("applied_ledger", "Virtuous gave no answer.", "Wait.")


def slices_of(store: StateStore, run_id: str = RUN) -> list[Any]:
    statement = select(slices).where(slices.c.run_id == run_id).order_by(slices.c.slice)
    with store.database.read() as connection:
        return list(connection.execute(statement))


def finish(
    worker: Worker,
    status: RunStatus = RunStatus.DONE,
    dagster_run_id: str = "dagster-1",
    parked_in: Stage | None = None,
    **report: Any,
) -> None:
    resume_at = worker.clock.now() + timedelta(hours=1) if status == RunStatus.PARKED else None
    worker.store.runs.finish_slice(worker.lease, worker.run_id, dagster_run_id, status, resume_at, report, parked_in)


def known_run(worker: Worker, run_id: str | None = None) -> Any:
    return worker.store.runs.run(CUSTOMER, run_id)


def test_a_run_starts_with_its_first_slice(worker: Worker) -> None:
    assert worker.store.runs.started_at(CUSTOMER, RUN) is None
    worker.begin_run()
    assert worker.store.runs.started_at(CUSTOMER, RUN) == START
    run = known_run(worker)
    assert (run["run_id"], run["layer"], run["status"]) == (RUN, "nightly", "running")


def test_the_stages_of_one_dagster_run_are_one_slice(worker: Worker) -> None:
    for _ in range(3):
        worker.begin_run()
    assert [row.slice for row in slices_of(worker.store)] == [1]


def test_a_finished_run_keeps_its_report(worker: Worker, clock: FakeClock) -> None:
    worker.begin_run()
    ended = clock.advance(minutes=4)
    finish(worker, successes=3)
    run = known_run(worker)
    assert (run["status"], run["completed_at"], run["report"]) == ("done", ended, {"successes": 3})
    (only,) = slices_of(worker.store)
    assert (only.status, only.ended_at) == ("done", ended)


def test_a_parked_run_goes_on_under_its_own_id_with_the_next_slice(worker: Worker, clock: FakeClock) -> None:
    worker.begin_run()
    finish(worker, RunStatus.PARKED)
    assert known_run(worker)["resume_at"] == START + timedelta(hours=1)
    clock.advance(hours=1)
    worker.begin_run("dagster-2")
    run = known_run(worker)
    assert (run["run_id"], run["status"], run["started_at"]) == (RUN, "running", START)
    assert (run["completed_at"], run["resume_at"]) == (None, None)
    finish(worker, RunStatus.DONE, "dagster-2")
    assert [(row.slice, row.dagster_run_id, row.status) for row in slices_of(worker.store)] == [
        (1, "dagster-1", "parked"),
        (2, "dagster-2", "done"),
    ]


def test_a_run_left_running_by_a_dead_process_is_closed_when_the_next_slice_begins(
    worker: Worker, clock: FakeClock
) -> None:
    worker.begin_run()
    now = clock.advance(days=1)
    worker.in_run("run-2").begin_run("dagster-2")
    dead = known_run(worker, RUN)
    assert (dead["status"], dead["completed_at"]) == ("failed", now)
    assert known_run(worker)["status"] == "running"
    (interrupted,) = slices_of(worker.store)
    assert (interrupted.status, interrupted.ended_at) == ("failed", now)
    (failure,) = worker.store.runs.failures(CUSTOMER, RUN, "dagster-1")
    assert failure.subject == "interrupted"


def test_a_parked_poll_that_goes_on_takes_over_what_is_to_be_sent_and_no_read_that_is_not_over(worker: Worker) -> None:
    reading, sending, poll = worker, worker.in_run("run-2"), worker.in_run("run-3")
    reading.begin_run("dagster-1")
    finish(reading, RunStatus.PARKED, "dagster-1", parked_in=Stage.SOURCE_SNAPSHOT)
    poll.begin_run("dagster-3", Layer.POLL)
    finish(poll, RunStatus.PARKED, "dagster-3", parked_in=Stage.APPLIED_LEDGER)
    poll.begin_run("dagster-4", Layer.POLL)
    assert known_run(worker, RUN)["status"] == "parked"
    finish(poll, RunStatus.PARKED, "dagster-4", parked_in=Stage.APPLIED_LEDGER)
    sending.begin_run("dagster-2")
    assert [known_run(worker, run)["status"] for run in (RUN, "run-3")] == ["continued", "continued"]
    finish(sending, RunStatus.PARKED, "dagster-2", parked_in=Stage.APPLIED_LEDGER)
    later = worker.in_run("run-4")
    later.begin_run("dagster-5", Layer.POLL)
    finish(later, RunStatus.PARKED, "dagster-5", parked_in=Stage.APPLIED_LEDGER)
    later.begin_run("dagster-6", Layer.POLL)
    assert known_run(worker, "run-2")["status"] == "continued"


def test_an_interrupted_slice_keeps_what_had_failed_in_it(worker: Worker) -> None:
    worker.begin_run()
    worker.store.runs.note_failures(worker.lease, RUN, "dagster-1", [LATE])
    worker.begin_run("dagster-2")
    first, second = worker.store.runs.failures(CUSTOMER, RUN, "dagster-1")
    assert first == LATE
    assert second.subject == "interrupted"
    assert worker.store.runs.failures(CUSTOMER, RUN, "dagster-2") == []


def test_finished_runs_and_other_customers_stay_as_they_are(worker: Worker, clock: FakeClock) -> None:
    other = Worker(worker.store, clock, customer="lakeside")
    other.begin_run("dagster-9")
    worker.begin_run()
    finish(worker)
    worker.in_run("run-2").begin_run("dagster-2")
    assert known_run(worker, RUN)["status"] == "done"
    assert worker.store.runs.run("lakeside")["status"] == "running"  # type: ignore[index]  a run there is


def test_failures_of_the_stages_add_up_per_slice(worker: Worker) -> None:
    worker.begin_run()
    worker.store.runs.note_failures(worker.lease, RUN, "dagster-1", [LATE])
    worker.store.runs.note_failures(worker.lease, RUN, "dagster-1", [])
    worker.store.runs.note_failures(worker.lease, RUN, "dagster-1", [WORSE])
    assert worker.store.runs.failures(CUSTOMER, RUN, "dagster-1") == [LATE, WORSE]
    assert worker.store.runs.failures(CUSTOMER, RUN, "never begun") == []


def test_the_newest_run_is_the_one_that_started_last(worker: Worker, clock: FakeClock) -> None:
    assert known_run(worker) is None
    worker.in_run("b").begin_run("dagster-1")
    clock.advance(days=1)
    worker.in_run("a").begin_run("dagster-2")
    assert known_run(worker)["run_id"] == "a"
    assert known_run(worker, "b")["run_id"] == "b"
    assert known_run(worker, "c") is None


def test_outcomes_count_changes_not_field_groups(worker: Worker) -> None:
    groups = ("core", "tags", "birth_gender")
    worker.plan(*(operation(key, groups=groups) for key in "abc"), operation("d", reason="no name"))
    worker.sending.accepted(worker.claim(2).ids)
    assert worker.store.runs.outcomes(CUSTOMER, RUN) == {"accepted": 2, "planned": 1, "dead": 1}


def test_outcomes_are_those_of_the_run_that_found_the_change(worker: Worker) -> None:
    worker.plan(operation("1"), operation("2"))
    tomorrow = worker.in_run("run-2")
    tomorrow.plan(operation("1", "b"))
    tomorrow.accept_all()
    assert worker.store.runs.outcomes(CUSTOMER, RUN) == {"superseded": 1, "accepted": 1}
    assert worker.store.runs.outcomes(CUSTOMER, "run-2") == {"accepted": 1}


def test_carried_counts_changes_of_earlier_runs_that_ended_in_this_one(worker: Worker) -> None:
    worker.plan(*(operation(key, groups=("core", "tags")) for key in "abcd"))
    worker.sending.accepted(worker.claim(1).ids)
    worker.sending.defer_planned("an outage")
    tomorrow = worker.in_run("run-2")
    tomorrow.sending.retry_deferred()
    tomorrow.plan(operation("d", "new"))
    tomorrow.sending.accepted(tomorrow.claim(1).ids)
    tomorrow.sending.dead(tomorrow.claim(1).ids, "400")
    assert worker.store.runs.carried(CUSTOMER, RUN) == 0
    assert worker.store.runs.carried(CUSTOMER, "run-2") == 3  # accepted, dead, and replaced by a newer value
    assert tomorrow.accept_all() == 1
    assert worker.store.runs.carried(CUSTOMER, "run-2") == 3


def test_failure_details_name_dead_letters_by_id_and_reason_only(worker: Worker) -> None:
    worker.plan(
        operation("1", groups=("core", "tags"), priority=Priority.UPDATE), operation("2", reason="lastName is empty")
    )
    batch = worker.claim()
    worker.sending.dead(batch.ids, "400 email")
    details = worker.store.runs.failure_details(CUSTOMER, RUN, 50)
    assert details == [
        {
            "operation_id": batch.ids[0],
            "stream": "users",
            "key": "1",
            "kind": "update",
            "state": "dead",
            "attempts": 1,
            "reason": "400 email",
        },
        details[1],
    ]
    assert (details[1]["key"], details[1]["attempts"], details[1]["reason"]) == ("2", 0, "lastName is empty")


def test_failure_details_are_cut_off_and_belong_to_the_run_they_died_in(worker: Worker) -> None:
    worker.plan(*(operation(str(number), reason="no name") for number in range(5)))
    assert [detail["key"] for detail in worker.store.runs.failure_details(CUSTOMER, RUN, 3)] == ["0", "1", "2"]
    assert worker.store.runs.failure_details(CUSTOMER, "run-2", 50) == []
