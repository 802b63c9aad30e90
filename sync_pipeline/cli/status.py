"""`sync-pipeline status`: where every customer stands."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import JsonFlag, write_json, write_table

COLUMNS = ("customer_id", "last status", "last run", "checkpoint age", "ledger", "quota", "paused until")


def status(
    customer_id: Annotated[str | None, typer.Argument(metavar="[CUSTOMER]", help="Only this customer.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show checkpoints, ledgers, quotas and pauses; for one customer the exit code tells too (see `run`)."""
    from sync_pipeline.cli.status_documents import status_document, status_exit_code  # noqa: PLC0415 - sqlalchemy

    document = status_document(customer_id)
    if as_json:
        write_json(document)
    else:
        write_table("Status", COLUMNS, [shown(entry) for entry in document.get("customers", [document])])
    if customer_id is not None:
        raise typer.Exit(status_exit_code(document))


def shown(entry: Mapping[str, Any]) -> list[object]:
    last = entry["last_run"] or {}
    age = entry["checkpoint_age_seconds"]
    return [
        entry["customer_id"],
        last.get("status", "never run"),
        last.get("completed_at"),
        None if age is None else f"{age / 3600:.1f} h",
        ", ".join(f"{count} {state}" for state, count in entry["ledger"].items()),
        f"{entry['quota']['used']} of {entry['quota']['limit']}",
        entry["paused_until"],
    ]
