"""`sync-pipeline prune`: what the job of the same name does every day, by hand."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import EXIT_FAILED, JsonFlag, write_json, write_lines, write_table

COLUMNS = ("customer_id", "files", "bytes", "cuts")


def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove files and Dagster runs that are older than the retention and that nobody needs."""
    from sync_pipeline.cli.prune_document import pruned  # noqa: PLC0415 - imports dagster and polars

    document = pruned(dry_run=dry_run)
    if as_json:
        write_json(document)
    else:
        _show(document)
    if document["failed"]:
        raise typer.Exit(EXIT_FAILED)


def _show(document: Mapping[str, Any]) -> None:
    title = "What would go" if document["dry_run"] else "What went"
    write_table(title, COLUMNS, ([entry[column] for column in COLUMNS] for entry in document["customers"]))
    write_lines(
        [
            f"{document['files']} files, {document['bytes']} bytes.",
            f"{document['dagster_runs']} Dagster runs, {document['dagster_bytes']} bytes.",
            *(f"Left out: {count} customers {why}." for why, count in document["left_out"].items()),
        ],
        sys.stdout,
    )
    write_lines([f"{customer}: {message}" for customer, message in document["failed"].items()], sys.stderr)
