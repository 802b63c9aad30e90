"""Asset checks: verdicts of the domain as Dagster shows them. They report; the stages decide."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from sync_pipeline.domain import checks
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.verdict import Severity, Verdict
from sync_pipeline.orchestration.partitions import customers

SEVERITIES = {Severity.ERROR: dg.AssetCheckSeverity.ERROR, Severity.WARNING: dg.AssetCheckSeverity.WARN}
OF_THE_READ = {"snapshot_complete": "Every stream was read to its end."}
OF_THE_CHANGES = {"change_volume": "The guard let every change set pass."}
OF_THE_RUN = {
    "failure_rate": "Changes that Virtuous refused for good: above 5 % fails, above 1 % warns.",
    "rate_limit_pauses": "No answer was 429.",
    "duration_regression": "It took as long as the customer's earlier runs of this layer.",
    "records_processed": "As many records were read as in the customer's earlier runs of this layer.",
    "work_left": "Nothing waits, and nothing needs a person.",
}


def check_specs(asset: str, names: Mapping[str, str]) -> list[dg.AssetCheckSpec]:
    """The checks that an asset itself reports, by partition; none is a step, and none blocks."""
    with warnings.catch_warnings():
        # Partitioned checks are a preview feature: this is the one place that uses it, and dagster is pinned.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(name, asset=asset, description=description, partitions_def=customers)
            for name, description in names.items()
        ]


def check_result(verdict: Verdict, customer_id: str | None = None) -> dg.AssetCheckResult:
    """A verdict with its numbers, threshold and remedy; the customer is told again, whatever becomes of `partition`."""
    return dg.AssetCheckResult(
        check_name=verdict.name,
        passed=verdict.passed,
        severity=SEVERITIES[verdict.severity],
        description=verdict.said,
        metadata=metadata(verdict, customer_id),
    )


def metadata(verdict: Verdict, customer_id: str | None) -> dict[str, Any]:
    told = {} if customer_id is None else {"customer_id": customer_id}
    remedy = {} if verdict.passed or not verdict.remedy else {"remedy": verdict.remedy}
    return {**told, **verdict.numbers, "threshold": verdict.threshold, **remedy}


def run_checks(
    report: RunReport, earlier: Sequence[RunReport], ledger: Mapping[str, int]
) -> Iterator[dg.AssetCheckResult]:
    """Those of `OF_THE_RUN`; `ledger` counts all operations of the customer by state."""
    for verdict in (
        checks.failure_rate(report),
        checks.rate_limit_pauses(report),
        checks.duration_regression(report, earlier),
        checks.records_processed(report, earlier),
        checks.work_left(report, ledger),
    ):
        yield check_result(verdict, report.customer_id)


def not_read(customer_id: str, why: str) -> dg.AssetCheckResult:
    """The read stopped before its end, on purpose: a warning and no output, so that nothing downstream runs."""
    verdict = Verdict(
        "snapshot_complete",
        passed=False,
        said=why,
        threshold="every stream read to its end",
        remedy=f"`sync-pipeline status {customer_id}` says when and how it goes on.",
    )
    return check_result(verdict, customer_id)
