"""`sync-pipeline report`: the account of one run, or of the fleet, as tables and as a page."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sync_pipeline.adapters.browser import open_in_browser
from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table
from sync_pipeline.domain.errors import ConfigurationError
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
    customer_id: Annotated[str | None, typer.Argument(metavar="[CUSTOMER]", help="The customer's id.")] = None,
    *,
    run_id: Annotated[str | None, typer.Option("--run", help="The run's id; by default the newest run.")] = None,
    fleet: Annotated[bool, typer.Option("--fleet", help="Write the page of all customers instead.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show the report of a run, and say where its page is; or write the page of the fleet."""
    if fleet == (customer_id is not None) or (fleet and run_id is not None):
        raise ConfigurationError(
            "A report is about one customer or about the fleet.",
            "Write `sync-pipeline report CUSTOMER`, or `sync-pipeline report --fleet` without a customer and a run.",
        )
    document = _document(customer_id, run_id, with_page=show)
    if as_json:
        write_json(document)
    elif not fleet:
        show_report(document)
    _show_page(document["page"], show=show, quiet=as_json)


def _document(customer_id: str | None, run_id: str | None, *, with_page: bool) -> dict[str, Any]:
    if customer_id is None:
        from sync_pipeline.cli.page_documents import new_fleet_page  # noqa: PLC0415 - imports sqlalchemy

        return {"page": str(new_fleet_page())}
    from sync_pipeline.cli.status_documents import report_document  # noqa: PLC0415 - imports sqlalchemy

    return report_document(customer_id, run_id, with_page=with_page)


def _show_page(page: str | None, *, show: bool, quiet: bool) -> None:
    """Name the page, and open it; without a display, say so. With --json it is in the document already."""
    if page is None:
        return
    if not quiet:
        write_lines([f"Page: {page}"], sys.stdout)
    if show and not open_in_browser(Path(page)):
        write_lines(["There is no display here to open it on."], sys.stderr)


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
