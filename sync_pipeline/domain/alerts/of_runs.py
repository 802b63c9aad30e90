"""What the end of a run tells about its customer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync_pipeline.domain import checks
from sync_pipeline.domain.alerts.problem import Problem, Subject
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.domain.verdict import Severity, Verdict

RUN_DIED = "run_died"
"""Dagster's run ended before ours began: nothing of it is in the state store."""
RUN_FAILED = "run_failed"
OVER = frozenset({RunStatus.DONE, RunStatus.HELD, RunStatus.FAILED})
NAMED = 3


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that is over, and the earlier ones of its layer that were done, newest first."""

    report: RunReport
    earlier: Sequence[RunReport]
    dagster_run_id: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Problems that were found, and everything that was looked at."""

    problems: Sequence[Problem]
    subjects: frozenset[Subject]


def judge(run: FinishedRun) -> Judgement:
    """Look at one run. A failed one proves nothing better: only a run that came to its end takes an alert back.

    Of a poll counts what became of its changes: it reads little, and the next one comes soon.
    """
    report, customer_id = run.report, run.report.customer_id
    is_poll = report.layer == Layer.POLL
    verdicts = [] if is_poll else [_run_failed(report)]
    if not is_poll and report.status != RunStatus.FAILED:
        verdicts += [
            checks.snapshot_complete(customer_id, report.incomplete, ()),
            checks.change_volume(customer_id, report.total_changes, report.held_change_sets),
            checks.rate_limit_pauses(report),
            checks.records_processed(report, run.earlier),
            checks.duration_regression(report, run.earlier),
        ]
    if report.successes + report.failures:  # a night without an answer to any change leaves the rate as it was
        verdicts.append(checks.failure_rate(report))
    return Judgement(
        [Problem.of(verdict, customer_id, run.dagster_run_id) for verdict in verdicts if not verdict.passed],
        frozenset(Subject(customer_id, verdict.name) for verdict in verdicts),
    )


def in_order(judgements: Iterable[Judgement]) -> Judgement:
    """All of them as one; of what several looked at the last one counts."""
    found: dict[Subject, Problem | None] = {}
    for judgement in judgements:
        found |= dict.fromkeys(judgement.subjects) | {problem.subject: problem for problem in judgement.problems}
    return Judgement([problem for problem in found.values() if problem is not None], frozenset(found))


def _run_failed(report: RunReport) -> Verdict:
    failures = report.stage_failures
    said = "; ".join(f"{failure['subject']}: {failure['message']}" for failure in failures[:NAMED])
    more = f" (and {len(failures) - NAMED} more)" if len(failures) > NAMED else ""
    return Verdict(
        RUN_FAILED,
        passed=report.status != RunStatus.FAILED,
        said=f"the {report.layer} run failed: {said or 'its process ended'}{more}",
        threshold="none",
        remedy=failures[0]["remedy"] if failures else "The next run goes on with what is left.",
        severity=Severity.ERROR,
        numbers={"failed": len(failures), "failures": report.failures},
    )
