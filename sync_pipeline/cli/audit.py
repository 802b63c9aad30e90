"""`sync-pipeline customers audit`: who decided what about a customer."""

from typing import Annotated

import typer

from sync_pipeline.cli.output import JsonFlag, write_json, write_table

COLUMNS = ("at", "actor", "action", "reason")


def audit_customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    *,
    since: Annotated[
        str | None, typer.Option("--since", help="From then on: 2026-03-01, 2026-03-01T22:00 (UTC), or 7d ago.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List pauses, resumes, decisions about held changes and dead letters, and runs begun by hand, oldest first.

    Also of a customer that has no file any more.
    """
    from sync_pipeline.cli.audit_document import audit_document  # noqa: PLC0415 - imports sqlalchemy

    document = audit_document(customer_id, since)
    if as_json:
        write_json(document)
        return
    rows = ([entry[column] for column in COLUMNS] for entry in document["entries"])
    write_table(f"Decisions about {customer_id}", COLUMNS, rows)
