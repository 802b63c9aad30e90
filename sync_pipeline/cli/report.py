"""`sync-pipeline report`: the account of one run."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table
from sync_pipeline.cli.run import CustomerArgument
from sync_pipeline.domain.progress import progress_text

SHOWN = (
    "run_id",
    "layer",
    "status",
    "started_at",
    "duration_seconds",
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
    "requests_total",
    "forecast_error",
    "rate_limit_pauses",
    "resume_at",
)
FAILURE_COLUMNS = ("stream", "key", "kind", "attempts", "reason")


def report(
    customer_id: CustomerArgument,
    *,
    run_id: Annotated[str | None, typer.Option("--run", help="The run's id; by default the newest run.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the report of a run."""
    from sync_pipeline.cli.status_documents import report_document  # noqa: PLC0415 - imports sqlalchemy

    document = report_document(customer_id, run_id)
    if as_json:
        write_json(document)
    else:
        show_report(document)


RECONCILED = ("confirmed", "unconfirmed", "reviewed", "compared", "missing", "archived", "merged", "corrected")
DRIFT_COLUMNS = ("stream", "key", "fields", "author")


def show_reconciliation(account: Mapping[str, Any]) -> None:
    """What Virtuous shows of what it accepted, and whose the differences are."""
    if not account:
        return
    write_table("Reconciliation", ("", "records"), [(name, account[name]) for name in RECONCILED])
    if account["details"]:
        rows = [[detail[name] for name in DRIFT_COLUMNS] for detail in account["details"]]
        write_table("Differences in Virtuous", DRIFT_COLUMNS, rows)


def show_report(document: Mapping[str, Any]) -> None:
    """The report as tables: the numbers, what failed and what to do about it, what changed at the source."""
    write_table(
        f"Run of {document['customer_id']}",
        ("", "value"),
        [(name, document[name]) for name in SHOWN if document.get(name) is not None],
    )
    details = document.get("failure_details") or []
    if details:
        write_table("Failed operations", FAILURE_COLUMNS, [[row[name] for name in FAILURE_COLUMNS] for row in details])
    write_lines((progress_text(*one) for one in (document.get("reading") or {}).items()), sys.stdout)
    show_reconciliation(document.get("reconciliation") or {})
    changes = document.get("schema_changes") or {}
    if changes:
        rows = [(stream, change) for stream, told in changes.items() for change in told]
        write_table("Columns that changed at the source", ("stream", "change"), rows)
    write_lines([f"Warning: {warning}" for warning in document.get("warnings") or []], sys.stderr)
    for failure in document.get("stage_failures") or []:
        write_lines([f"{failure['subject']}: {failure['message']}", f"  -> {failure['remedy']}"], sys.stderr)
    if "error" in document and not document.get("stage_failures"):
        error = document["error"]
        write_lines([f"Error: {error['message']}", f"  -> {error['remedy']}"], sys.stderr)
