"""What people look at in the Dagster UI: counts, rates, times, and the first failures (ids only)."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from sync_pipeline.domain.operation import LEFT_OVER
from sync_pipeline.domain.report import RunReport
from sync_pipeline.stages.change_set import ChangeSetResult
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.source_snapshot import SnapshotResult

FAILURES_SHOWN = 20
COUNTS = (
    "total_changes",
    "creates",
    "updates",
    "deletes",
    "unchanged",
    "successes",
    "failures",
    "deferred",
    "waiting",
    "superseded",
    "held",
    "pending",
    "carried",
    "source_requests",
    "requests_total",
    "rate_limit_pauses",
)


def reading_metadata(report: RunReport) -> dict[str, Any]:
    """How far the reads are that go on in the next slice."""
    return {
        "resume_at": str(report.resume_at or ""),
        "reading": table(
            [
                {"stream": stream, **{name: "" if value is None else value for name, value in progress.items()}}
                for stream, progress in report.reading.items()
            ]
        ),
    }


def snapshot_metadata(result: SnapshotResult) -> dict[str, Any]:
    return {
        "rows_read": sum(read.rows for read in result.reads),
        "snapshot_rows": sum(read.snapshot_rows for read in result.reads),
        "source_requests": sum(read.requests for read in result.reads),
        "streams_failed": len(result.failed),
        "complete": all(read.proven for read in result.reads if read.strategy == "full_snapshot"),
        "warnings": dg.MetadataValue.md("\n".join(f"- {warning}" for warning in result.warnings) or "none"),
        "streams": table(
            [
                {
                    "stream": read.stream,
                    "cut": read.cut,
                    "strategy": read.strategy.value,
                    "rows": read.rows,
                    "pages": read.pages,
                    "complete": str(read.proven),
                    "newest_modified": str(read.newest_modified or ""),
                }
                for read in result.reads
            ]
        ),
        "schema_changes": table(
            [{"stream": read.stream, "change": change} for read in result.reads for change in read.schema_changes]
        ),
        "failed_streams": table([{"stream": name, "reason": why} for name, why in result.failed.items()]),
    }


def change_set_metadata(result: ChangeSetResult) -> dict[str, Any]:
    counts = [changes.counts for changes in result.changes]
    return {
        "changes": sum(count.total for count in counts),
        "creates": sum(count.creates for count in counts),
        "updates": sum(count.updates for count in counts),
        "deletes": sum(count.deletes for count in counts),
        "unchanged": sum(count.unchanged for count in counts),
        "streams_failed": len(result.failed),
        "streams": table(
            [
                {"stream": changes.stream, "cut": changes.cut, "changes": changes.counts.total}
                for changes in result.changes
            ]
        ),
        "failed_streams": table([{"stream": name, "reason": why} for name, why in result.failed.items()]),
    }


def page_metadata(context: StageContext) -> dict[str, Any]:
    """Where the run's page is. A path can be copied in the UI; a browser follows no link from http to a file."""
    page = context.pages.run_page(context.customer.id, context.run.run_id)
    return {} if page is None else {"page": dg.MetadataValue.path(page.path)}


def ledger_metadata(report: RunReport, remaining: Mapping[str, int]) -> dict[str, Any]:
    """The report's numbers, each plotted over time by Dagster; `remaining` are operations that are not over."""
    return {
        "status": report.status,
        "run_id": report.run_id,
        "layer": report.layer,
        "remaining": sum(remaining.get(state, 0) for state in LEFT_OVER),
        "dead_letters": remaining.get("dead", 0),
        **{name: getattr(report, name) for name in COUNTS},
        "failure_rate": report.failure_rate,
        "duration_seconds": report.duration_seconds,
        "resume_at": "" if report.resume_at is None else report.resume_at.isoformat(),
        "checkpoint": dg.MetadataValue.json(dict(report.checkpoint)),
        "requests": dg.MetadataValue.json(dict(report.requests)),
        "foretold_requests": dg.MetadataValue.json(dict(report.foretold_requests)),
        **({} if report.forecast_error is None else {"forecast_error": report.forecast_error}),
        "first_failures": table(
            [
                {name: str(failure[name]) for name in ("stream", "key", "kind", "attempts", "reason")}
                for failure in report.failure_details[:FAILURES_SHOWN]
            ]
        ),
    }


RECONCILED = ("unconfirmed", "confirmed", "reviewed", "compared", "missing", "archived", "merged", "corrected")


def reconciliation_metadata(report: RunReport) -> dict[str, Any]:
    """What was compared, and which fields differ by whose value Virtuous shows: names, never values."""
    account = report.reconciliation
    if not account:
        return {}
    drift = account["drift"]
    return {
        **{name: account[name] for name in RECONCILED},
        "full": account["full"],
        "finished": account["finished"],
        "drifted": sum(count for fields in drift.values() for count in fields.values()),
        "drift": dg.MetadataValue.json(drift),
    }


def table(rows: list[dict[str, Any]]) -> dg.MetadataValue:
    """A table in the UI; an empty one has no columns to show and becomes a word."""
    if not rows:
        return dg.MetadataValue.text("none")
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows])
