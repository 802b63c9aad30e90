"""What is checked of every run: from which number on it is wrong, and what to do then."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sync_pipeline.domain import checks
from sync_pipeline.domain.history import ENOUGH
from sync_pipeline.domain.report import RunReport, empty_report
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline.domain.verdict import Severity

NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)


def report(**changes: Any) -> RunReport:
    run = Run("riverside", "run-1", Layer.NIGHTLY, "2026-03-02")
    return replace(empty_report(run, RunStatus.DONE, NOW), **changes)


def nights(count: int, **changes: Any) -> list[RunReport]:
    return [report(**changes)] * count


@pytest.mark.parametrize(
    ("failures", "successes", "passed", "severity"),
    [
        (0, 0, True, Severity.WARNING),
        (1, 99, True, Severity.WARNING),
        (2, 98, False, Severity.WARNING),
        (5, 95, False, Severity.WARNING),
        (6, 94, False, Severity.ERROR),
    ],
)
def test_above_one_percent_warns_and_above_five_fails(
    failures: int, successes: int, severity: Severity, *, passed: bool
) -> None:
    rate = failures / (failures + successes) if failures else 0.0
    verdict = checks.failure_rate(report(failures=failures, successes=successes, failure_rate=rate))
    assert (verdict.passed, verdict.severity) == (passed, severity)
    assert "sync-pipeline dead-letters list riverside" in verdict.remedy


def test_a_single_429_is_told() -> None:
    assert checks.rate_limit_pauses(report()).passed
    assert not checks.rate_limit_pauses(report(rate_limit_pauses=1)).passed


def test_a_night_that_takes_much_longer_is_told_after_a_week_of_history() -> None:
    slow = report(duration_seconds=1_900.0)
    assert checks.duration_regression(slow, nights(ENOUGH - 1, duration_seconds=600.0)).passed
    verdict = checks.duration_regression(slow, nights(ENOUGH, duration_seconds=600.0))
    assert not verdict.passed
    assert verdict.said == "it took 1900 s, usually 600 s"
    assert verdict.numbers["most_seconds"] == 900.0


def test_a_quicker_night_is_no_regression() -> None:
    assert checks.duration_regression(report(duration_seconds=1.0), nights(10, duration_seconds=600.0)).passed


@pytest.mark.parametrize(("records", "passed"), [(0, False), (400, False), (900, True), (1_600, False)])
def test_spikes_and_drops_of_records_are_told(records: int, *, passed: bool) -> None:
    assert checks.records_processed(report(records_read=records), nights(10, records_read=1_000)).passed is passed


def test_few_records_more_or_less_are_nothing() -> None:
    assert checks.records_processed(report(records_read=40), nights(10, records_read=0)).passed


def test_a_held_change_set_is_told_with_the_command_to_look_at_it() -> None:
    assert checks.change_volume("riverside", 7, {}).passed
    verdict = checks.change_volume("riverside", 700, {41: "600 of 1000 records differ"})
    assert not verdict.passed
    assert "change set 41: 600 of 1000 records differ" in verdict.said
    assert "sync-pipeline change-sets show riverside 41" in verdict.remedy


def test_what_was_not_read_to_the_end_is_named() -> None:
    assert checks.snapshot_complete("riverside", (), ()).passed
    short = checks.snapshot_complete("riverside", ["users"], ())
    assert (short.passed, short.severity, short.said) == (False, Severity.WARNING, "users: not read to the end")
    assert checks.snapshot_complete("riverside", (), ["users"]).severity is Severity.ERROR


def test_whatever_is_left_is_told_and_by_whom_it_goes_on() -> None:
    assert checks.work_left(report(), {"accepted": 7, "confirmed": 3}).passed
    verdict = checks.work_left(report(resume_at=NOW), {"planned": 4, "waiting": 2, "dead": 1})
    assert not verdict.passed
    assert "6 operations go on by themselves, goes on at 2026-03-02 22:00 UTC; 1 need a person" in verdict.said


def test_a_report_comes_back_from_its_document_and_an_old_one_lacks_nothing() -> None:
    stored = report(held_change_sets={41: "why"}, incomplete={"users": "short"}, resume_at=NOW).as_dict()
    assert RunReport.of({**stored, "held_change_sets": {"41": "why"}}).held_change_sets == {41: "why"}
    for new in ("records_read", "incomplete", "held_change_sets"):
        del stored[new]
    assert RunReport.of(stored).records_read == 0
