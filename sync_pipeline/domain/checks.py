"""What is checked of every run: the same verdicts are shown in the Dagster UI and told to people."""

from collections.abc import Collection, Mapping, Sequence

from sync_pipeline.domain.history import ENOUGH, Usual
from sync_pipeline.domain.operation import LEFT_OVER, NEEDS_A_PERSON
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.verdict import Severity, Verdict

FAILURES_WARN, FAILURES_FAIL = 0.01, 0.05
SECONDS_OF_NOISE = 120.0
RECORDS_OF_NOISE = 50.0
NAMED = 10


def snapshot_complete(customer_id: str, incomplete: Collection[str], failed: Collection[str]) -> Verdict:
    """Whether every stream was read to its end; `incomplete` are those whose source gave less than it should."""
    lacking = sorted({*incomplete, *failed})
    said = f"{', '.join(lacking[:NAMED])}: not read to the end" if lacking else "every stream was read to its end"
    return Verdict(
        "snapshot_complete",
        passed=not lacking,
        said=said,
        threshold="every stream read to its end",
        remedy=f"`sync-pipeline report {customer_id}` says what was missing. Nothing counts as deleted meanwhile; if "
        f"it stays so, look at the source and run `sync-pipeline sources check {customer_id}`.",
        severity=Severity.ERROR if failed else Severity.WARNING,
        numbers={"incomplete": len(set(incomplete)), "failed": len(set(failed))},
    )


def records_processed(report: RunReport, earlier: Sequence[RunReport]) -> Verdict:
    """Whether as many records were read as in earlier runs of the layer; silent until there are enough of them."""
    usual = Usual.of([run.records_read for run in earlier], RECORDS_OF_NOISE)
    numbers = {"records_read": report.records_read, "runs_compared": len(earlier)}
    if usual is None:
        return _nothing_to_compare("records_processed", numbers)
    told = f"{report.records_read} records were read, usually {usual.median:.0f}"
    return Verdict(
        "records_processed",
        passed=not (usual.is_above(report.records_read) or usual.is_below(report.records_read)),
        said=told,
        threshold=f"from {usual.least:.0f} to {usual.most:.0f}, by {len(earlier)} earlier runs",
        remedy=f"Ask the customer whether the platform was busier or quieter than usual; `sync-pipeline report "
        f"{report.customer_id}` has the streams. A source that gives too little deletes nobody.",
        numbers={**numbers, "usual": round(usual.median), "least": round(usual.least), "most": round(usual.most)},
    )


def change_volume(customer_id: str, changes: int, held: Mapping[int, str]) -> Verdict:
    """Whether the guard let every change set pass; `held` are those it did not, with the reasons."""
    cuts = sorted(held)
    said = "; ".join(f"change set {cut}: {held[cut]}" for cut in cuts[:NAMED]) or f"{changes} changes, none held"
    return Verdict(
        "change_volume",
        passed=not held,
        said=said,
        threshold="the customer's `limits.guard`",
        remedy=f"Look at it with `sync-pipeline change-sets show {customer_id} {cuts[0] if cuts else 'CUT'}`, then "
        "approve or discard it. Nothing of its stream is sent until then.",
        severity=Severity.ERROR,
        numbers={"changes": changes, "held_change_sets": len(held)},
    )


def failure_rate(report: RunReport) -> Verdict:
    decided = report.successes + report.failures
    return Verdict(
        "failure_rate",
        passed=report.failure_rate <= FAILURES_WARN,
        said=f"{report.failures} of {decided} changes were refused ({report.failure_rate:.1%})",
        threshold=f"above {FAILURES_FAIL:.0%} fails, above {FAILURES_WARN:.0%} warns",
        remedy=f"`sync-pipeline dead-letters list {report.customer_id}` names records and reasons: correct them at the "
        "source, or mend the recipe and replay them.",
        severity=Severity.ERROR if report.failure_rate > FAILURES_FAIL else Severity.WARNING,
        numbers={"failures": report.failures, "decided": decided, "failure_rate": report.failure_rate},
    )


def rate_limit_pauses(report: RunReport) -> Verdict:
    """Our own pace never earns one: the limit changed, or somebody else used it up at once."""
    return Verdict(
        "rate_limit_pauses",
        passed=report.rate_limit_pauses == 0,
        said=f"{report.rate_limit_pauses} answers were 429",
        threshold="none",
        remedy="Somebody else uses this quota more than before, or the limit is lower than `destination.quota` (or the "
        "connector's `rate_limit`) says. Nothing was lost. If it goes on, lower `use` or `requests`.",
        numbers={"rate_limit_pauses": report.rate_limit_pauses, "requests_total": report.requests_total},
    )


def duration_regression(report: RunReport, earlier: Sequence[RunReport]) -> Verdict:
    """Whether it took as long as earlier runs of the layer; silent until there are enough of them."""
    usual = Usual.of([run.duration_seconds for run in earlier], SECONDS_OF_NOISE)
    seconds = round(report.duration_seconds, 1)
    numbers = {"duration_seconds": seconds, "runs_compared": len(earlier)}
    if usual is None:
        return _nothing_to_compare("duration_regression", numbers)
    return Verdict(
        "duration_regression",
        passed=not usual.is_above(report.duration_seconds),
        said=f"it took {seconds:.0f} s, usually {usual.median:.0f} s",
        threshold=f"at most {usual.most:.0f} s, by {len(earlier)} earlier runs",
        remedy=f"`sync-pipeline report {report.customer_id}` tells whether it read more, sent more or waited for "
        "quota. A night that grows like this soon leaves its window.",
        numbers={**numbers, "usual_seconds": round(usual.median, 1), "most_seconds": round(usual.most, 1)},
    )


def work_left(report: RunReport, ledger: Mapping[str, int]) -> Verdict:
    """Whether everything is delivered; `ledger` counts all operations of the customer by state."""
    left = sum(ledger.get(state, 0) for state in LEFT_OVER)
    person = sum(ledger.get(state, 0) for state in NEEDS_A_PERSON)
    until = "" if report.resume_at is None else f", goes on at {report.resume_at:%Y-%m-%d %H:%M} UTC"
    return Verdict(
        "work_left",
        passed=left + person == 0,
        said=f"{left} operations go on by themselves{until}; {person} need a person",
        threshold="none",
        remedy=f"`sync-pipeline status {report.customer_id}` says what waits for what"
        + (f"; `sync-pipeline dead-letters list {report.customer_id}` names what needs a person." if person else "."),
        numbers={"left": left, "need_a_person": person},
    )


def _nothing_to_compare(name: str, numbers: Mapping[str, int | float]) -> Verdict:
    said = f"{ENOUGH} runs of this layer are needed to know what is usual"
    return Verdict(name, passed=True, said=said, threshold=f"after {ENOUGH} runs", numbers=numbers)
