"""`sync-pipeline customers forget`: the data of a customer who left."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table

COLUMNS = ("what", "count")


def forget_customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The id that the customer had.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log for ever, so without personal data.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove everything that is kept of a customer whose file is gone, except for the audit log. There is no way back.

    Exit codes: 0 nothing is left, 2 the customer still has a file or never was, 4 somebody is at work on it.
    """
    from sync_pipeline.cli.forget_document import forgotten  # noqa: PLC0415 - imports dagster and polars

    document = forgotten(customer_id, reason, dry_run=dry_run)
    if as_json:
        write_json(document)
        return
    if document["files"] or document["rows"] or document["dagster_runs"]:
        write_table("What would go" if dry_run else "What went", COLUMNS, rows_of(document))
    write_lines([summary(document)], sys.stdout)


def rows_of(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "files", document["files"]
    yield "bytes", document["bytes"]
    for table, count in document["rows"].items():
        yield f"rows of {table}", count
    yield "Dagster runs", document["dagster_runs"]


def summary(document: Mapping[str, Any]) -> str:
    customer_id = document["customer_id"]
    if document["dry_run"]:
        return f"Nothing of {customer_id} was removed."
    return f"Nothing is left of {customer_id} but the audit log."
