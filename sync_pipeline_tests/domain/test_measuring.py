"""What a fleet's rows mean as metrics: who is late and who only looks so, and what is told when there is nothing."""

from datetime import UTC, datetime, timedelta

from sync_pipeline.domain import metrics
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.due import FleetFacts
from sync_pipeline.domain.measuring import Account, FleetMeasures, NewestRun, measured
from sync_pipeline.domain.metrics import Measured
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule
from sync_pipeline_tests.domain.test_slots import customer

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
RULE = QuotaRule(1_500, timedelta(hours=1), 0.8)
STREAM = ("a", "people", "people")


def told(
    *,
    begun: bool = True,
    paused: bool = False,
    accounted: datetime | None = None,
    newest: NewestRun | None = None,
    runs: dict[tuple[str, str, str], tuple[int, int]] | None = None,
    resume_at: datetime | None = None,
    remaining: int | None = None,
) -> Measured:
    """The metrics of one customer whose night began an hour ago, by UTC."""
    one: Customer = customer("UTC", "05:00")
    slots = {("a", "2026-03-02")} if begun else set[tuple[str, str]]()
    facts = FleetFacts(
        begun=slots
        | {("a", name) for day in ("2026-03-01", "2026-03-02") for name in (f"weekly-{day}", f"daily-{day}")},
        paused={"a"} if paused else set(),
        at_work=set(),
        compared={STREAM},
    )
    measures = FleetMeasures(
        runs=runs or {},
        newest={} if newest is None else {("a", "nightly"): newest},
        accounted={} if accounted is None else {STREAM: accounted},
        backlog={("a", "dead"): 2},
        held={},
        pictures={"a": QuotaPicture(100, 1_500, remaining, None, None)},
        breakers={"a": Breaker(3, None, "a reason", needs_person=paused)},
        resume_at={} if resume_at is None else {"a": resume_at},
        down={"people.example.org"},
    )
    return measured({"a": one}, 1, {"a": RULE}, facts, measures, NOW)


def test_a_night_that_has_not_begun_is_late_since_its_slot() -> None:
    assert told(begun=False).values[metrics.SLOT_OVERDUE] == {("a",): 3_600}
    assert told().values[metrics.SLOT_OVERDUE] == {("a",): 0}


def test_who_is_paused_is_not_late_with_anything() -> None:
    values = told(begun=False, paused=True, resume_at=NOW - timedelta(hours=2)).values
    assert (values[metrics.SLOT_OVERDUE], values[metrics.PARK_OVERDUE]) == ({("a",): 0}, {("a",): 0})
    assert values[metrics.PAUSED] == {("a",): 1}
    assert values[metrics.CUSTOMERS] == {("ready",): 0, ("paused",): 1, ("broken",): 1}


def test_a_parked_run_is_late_once_it_may_go_on() -> None:
    assert told(resume_at=NOW - timedelta(minutes=5)).values[metrics.PARK_OVERDUE] == {("a",): 300}
    assert told(resume_at=NOW + timedelta(minutes=5)).values[metrics.PARK_OVERDUE] == {("a",): 0}


def test_who_was_never_read_has_no_age_and_a_stream_to_go() -> None:
    values = told().values
    assert (values[metrics.CHECKPOINT_AGE], values[metrics.UNREAD_STREAMS]) == ({}, {("a",): 1})
    values = told(accounted=NOW - timedelta(hours=3)).values
    assert (values[metrics.CHECKPOINT_AGE], values[metrics.UNREAD_STREAMS]) == ({("a",): 10_800}, {("a",): 0})


def test_every_state_of_the_backlog_is_told_also_when_it_is_empty() -> None:
    backlog = told().values[metrics.LEDGER_OPERATIONS]
    assert backlog[("a", "dead")] == 2
    assert {state for _, state in backlog} == {"planned", "waiting", "sending", "deferred", "dead", "review"}
    assert sum(backlog.values()) == 2


def test_a_layer_that_never_failed_says_so_with_a_zero() -> None:
    runs = told(runs={("a", "nightly", "done"): (1, 7)}).values[metrics.RUNS_7D]
    assert runs == {("a", "nightly", "done"): 7, ("a", "nightly", "failed"): 0}


def test_a_killed_run_tells_what_became_of_it_and_no_numbers() -> None:
    killed = told(newest=NewestRun("failed", NOW, None)).values
    assert killed[metrics.LAST_RUN] == {("a", "nightly", "failed"): 1}
    assert killed[metrics.LAST_RUN_DURATION] == {}
    account = Account(60.0, records=100, changes=5, failure_rate=0.2, requests=3, rate_limit_pauses=0)
    assert told(newest=NewestRun("done", NOW, account)).values[metrics.LAST_RUN_FAILURE_RATIO] == {
        ("a", "nightly"): 0.2
    }


def test_what_is_left_of_the_quota_is_what_virtuous_said_or_what_we_left() -> None:
    assert told(remaining=40).values[metrics.QUOTA_REMAINING] == {("a",): 40}
    assert told().values[metrics.QUOTA_REMAINING] == {("a",): 1_400}
    assert told().values[metrics.QUOTA_BUDGET] == {("a",): 1_200}


def test_a_platform_that_is_down_is_told_beside_those_that_are_not() -> None:
    down = told().values[metrics.PLATFORM_DOWN]
    assert down.pop(("people.example.org",)) == 1
    assert set(down.values()) == {0}
