"""The account of a run: every change is counted once, and the exit code says what is left to do."""

import json
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.operation import State
from sync_pipeline.domain.report import Outcomes, RunReport, exit_code, slice_status
from sync_pipeline.domain.run import RunStatus, StageFailure

FAILED = StageFailure("users", "it broke", "mend it")
NUMBERS = (
    *("total_changes", "creates", "updates", "deletes", "unchanged"),
    *("successes", "failures", "deferred", "waiting", "superseded", "held", "pending", "carried"),
    *("source_requests", "requests_total", "rate_limit_pauses"),
)
COUNTS = st.dictionaries(st.sampled_from([state.value for state in State]), st.integers(0, 10_000))


@given(by_state=COUNTS, held=st.integers(0, 1_000), unplanned=st.integers(0, 1_000))
def test_every_change_is_counted_exactly_once(by_state: dict[str, int], held: int, unplanned: int) -> None:
    """Total = successes + failures + deferred + waiting + superseded + held + pending (DESIGN section 8)."""
    outcomes = Outcomes.of(by_state, held, unplanned)
    assert sum(astuple(outcomes)) == sum(by_state.values()) + held + unplanned


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.ACCEPTED, "successes"),
        (State.CONFIRMED, "successes"),
        (State.REVIEW, "successes"),
        (State.DEAD, "failures"),
        (State.DISCARDED, "failures"),
        (State.DEFERRED, "deferred"),
        (State.WAITING, "waiting"),
        (State.SUPERSEDED, "superseded"),
        (State.PLANNED, "pending"),
        (State.SENDING, "pending"),
    ],
)
def test_each_state_has_its_word_in_the_report(state: State, word: str) -> None:
    assert getattr(Outcomes.of({state.value: 7}, held=0, unplanned=0), word) == 7


def test_changes_not_planned_yet_are_pending_and_held_ones_are_held() -> None:
    outcomes = Outcomes.of({}, held=3, unplanned=4)
    assert (outcomes.held, outcomes.pending) == (3, 4)


def test_the_failure_rate_counts_what_was_decided() -> None:
    assert Outcomes.of({"accepted": 3, "dead": 1, "deferred": 96}, 0, 0).failure_rate == 0.25
    assert Outcomes.of({"deferred": 5}, 0, 0).failure_rate == 0.0


@pytest.mark.parametrize(
    ("failures", "parked", "held", "status"),
    [
        ([FAILED], True, True, RunStatus.FAILED),
        ([], True, True, RunStatus.HELD),
        ([], True, False, RunStatus.PARKED),
        ([], False, False, RunStatus.DONE),
    ],
)
def test_a_slice_is_named_by_the_worst_that_happened_in_it(
    failures: list[StageFailure], parked: bool, held: bool, status: RunStatus
) -> None:
    assert slice_status(failures, parked=parked, held=held) == status


@pytest.mark.parametrize(
    ("status", "ledger", "code"),
    [
        (RunStatus.FAILED, {"deferred": 1, "dead": 1}, 1),
        (RunStatus.HELD, {"deferred": 1, "dead": 1}, 4),
        (RunStatus.PAUSED, {}, 4),
        (RunStatus.BUSY, {}, 4),
        (RunStatus.PARKED, {"dead": 1}, 3),
        (RunStatus.DONE, {"planned": 1}, 3),
        (RunStatus.DONE, {"sending": 1}, 3),
        (RunStatus.DONE, {"deferred": 1, "dead": 1}, 3),
        (RunStatus.DONE, {"waiting": 1}, 3),
        (RunStatus.DONE, {"dead": 1, "accepted": 100}, 5),
        (RunStatus.DONE, {"review": 1}, 5),
        (RunStatus.DONE, {"accepted": 9, "confirmed": 9, "superseded": 9, "discarded": 9, "dead": 0}, 0),
        (RunStatus.DONE, {}, 0),
    ],
)
def test_the_exit_code_is_the_first_that_applies(status: RunStatus, ledger: dict[str, int], code: int) -> None:
    assert exit_code(status, ledger) == code


def report(**changes: Any) -> RunReport:
    values: dict[str, Any] = {
        "run_id": "run-1",
        "customer_id": "riverside",
        "layer": "nightly",
        "status": "done",
        "started_at": datetime(2026, 3, 1, 6, tzinfo=UTC),
        "completed_at": datetime(2026, 3, 1, 6, 4, tzinfo=UTC),
        "duration_seconds": 240.0,
        **dict.fromkeys(NUMBERS, 0),
        "requests": {"POST /api/Contact/Batch": 2},
        "resume_at": None,
        "checkpoint": {"users": "2026-03-01T05:00:00+00:00"},
        "failure_details": [],
        "failure_rate": 0.0,
        "stage_failures": [],
    }
    return RunReport(**{**values, **changes})


def test_a_report_is_plain_json_with_moments_in_utc() -> None:
    document = report().as_dict()
    assert json.loads(json.dumps(document)) == document
    assert document["started_at"] == "2026-03-01T06:00:00+00:00"
    assert document["resume_at"] is None
    assert document["requests"] == {"POST /api/Contact/Batch": 2}
    assert document["schema_changes"] == {}


def test_a_report_names_its_fields_in_the_order_of_the_contract() -> None:
    """DESIGN section 8; what comes after them is ours."""
    assert " ".join(report().as_dict()).startswith(
        "run_id customer_id layer status started_at completed_at duration_seconds total_changes creates updates "
        "deletes unchanged successes failures deferred waiting superseded held pending carried requests "
        "source_requests requests_total rate_limit_pauses resume_at checkpoint failure_details"
    )
