"""`sync-pipeline change-sets`: what the guard holds, and what a person decides about it."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table

LISTED = ("cut", "stream", "state", "creates", "updates", "deletes", "unchanged", "read_at", "reason")
CHANGES = ("key", "kind", "reference", "field_groups", "problem")

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]
Cut = Annotated[int, typer.Argument(metavar="CUT", help="The change set's number, as listed.")]

app = typer.Typer(help="Held change sets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_change_sets(customer_id: Customer, *, as_json: JsonFlag = False) -> None:
    """List what is held, and what was approved and not sent yet."""
    from sync_pipeline.cli.change_set_documents import listed  # noqa: PLC0415 - imports sqlalchemy and polars

    document = listed(customer_id)
    if as_json:
        write_json(document)
        return
    rows = ([entry[column] for column in LISTED] for entry in document["change_sets"])
    write_table(f"Held change sets of {customer_id}", LISTED, rows)


@app.command("show")
def show_change_set(
    customer_id: Customer,
    cut: Cut,
    *,
    limit: Annotated[int, typer.Option("--limit", help="How many changes to show.", min=1)] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Show the changes of a change set by ids and field groups, without a value."""
    from sync_pipeline.cli.change_set_documents import shown  # noqa: PLC0415 - imports sqlalchemy and polars

    document = shown(customer_id, cut, limit)
    if as_json:
        write_json(document)
        return
    write_table(f"Change set {cut}", LISTED, [[document[column] for column in LISTED]])
    write_table("Changes", CHANGES, ([change[column] for column in CHANGES] for change in document["changes"]))


@app.command("approve")
def approve_change_set(customer_id: Customer, cut: Cut, *, as_json: JsonFlag = False) -> None:
    """Agree to a held change set; the next run sends what is still the same."""
    from sync_pipeline.cli.change_set_documents import approved  # noqa: PLC0415 - imports sqlalchemy and polars

    _tell(approved(customer_id, cut), "The next run sends what is still the same.", as_json=as_json)


@app.command("discard")
def discard_change_set(customer_id: Customer, cut: Cut, *, as_json: JsonFlag = False) -> None:
    """Say no to a held change set: nothing of it is sent until the source says something else."""
    from sync_pipeline.cli.change_set_documents import discarded  # noqa: PLC0415 - imports sqlalchemy and polars

    _tell(discarded(customer_id, cut), "Nothing of it is sent until the source says something else.", as_json=as_json)


def _tell(document: Mapping[str, Any], consequence: str, *, as_json: bool) -> None:
    if as_json:
        write_json(document)
    else:
        write_lines([f"Change set {document['cut']} is {document['state']}. {consequence}"], sys.stdout)
