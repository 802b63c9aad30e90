"""`sync-pipeline dead-letters`: what needs a person, and what the person decides."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.customers import counted, flatten
from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table

LISTED = ("operation_id", "state", "stream", "key", "kind", "field_groups", "since", "reason", "replayed")

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[OPERATION]...", help="Operation ids, as listed.")]
StateOption = Annotated[str | None, typer.Option("--state", help="Only this state: dead or review.")]
StreamOption = Annotated[str | None, typer.Option("--stream", help="Only this stream.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Only this kind of write: contact, gift, note, …")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only this record of the source.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only those whose reason contains this text.")]
AgeOption = Annotated[float | None, typer.Option("--older-than-hours", help="Only what has stood for so long.", min=0)]
AllFlag = Annotated[bool, typer.Option("--all", help="All of them, where no filter is given.")]

app = typer.Typer(help="What needs a person.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_letters(
    customer_id: Customer,
    *,
    state: StateOption = None,
    stream: StreamOption = None,
    kind: KindOption = None,
    key: KeyOption = None,
    reason: ReasonOption = None,
    older_than_hours: AgeOption = None,
    limit: Annotated[int, typer.Option("--limit", help="How many to show.", min=1)] = 100,
    as_json: JsonFlag = False,
) -> None:
    """List dead letters and reviews: ids, field groups and reasons, never values."""
    from sync_pipeline.cli.dead_letter_documents import listed  # noqa: PLC0415 - imports sqlalchemy

    document = listed(customer_id, _wanted(state, stream, kind, key, reason, older_than_hours), limit)
    if as_json:
        write_json(document)
        return
    letters = document["dead_letters"]
    write_table("Dead letters", LISTED, ([letter[column] for column in LISTED] for letter in letters))
    if len(document["reasons"]) > 1 or len(letters) < document["total"]:
        rows = ([entry["letters"], entry["reason"]] for entry in document["reasons"])
        write_table(f"By reason ({document['total']} in all)", ("letters", "reason"), rows)


@app.command("show")
def show_letter(
    customer_id: Customer,
    operation_id: Annotated[int, typer.Argument(metavar="OPERATION", help="The operation's id.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show one dead letter."""
    from sync_pipeline.cli.dead_letter_documents import shown  # noqa: PLC0415 - imports sqlalchemy

    document = shown(customer_id, operation_id)
    if as_json:
        write_json(document)
        return
    write_table(f"Dead letter {operation_id}", ("key", "value"), flatten(document))


@app.command("replay")
def replay_letters(
    customer_id: Customer,
    ids: Ids = None,
    *,
    state: StateOption = None,
    stream: StreamOption = None,
    kind: KindOption = None,
    key: KeyOption = None,
    reason: ReasonOption = None,
    older_than_hours: AgeOption = None,
    everything: AllFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Let the next run plan them again, from what the source says then; an old value is never sent."""
    from sync_pipeline.cli.dead_letter_documents import replayed  # noqa: PLC0415 - imports sqlalchemy

    wanted = _wanted(state, stream, kind, key, reason, older_than_hours, ids)
    document = replayed(customer_id, wanted, everything=everything)
    again = document["counts"].get("replayed", 0)
    _tell(document, f"The next run plans {counted(again, 'change')} again.", as_json=as_json)


@app.command("discard")
def discard_letters(
    customer_id: Customer,
    ids: Ids = None,
    *,
    state: StateOption = None,
    stream: StreamOption = None,
    kind: KindOption = None,
    key: KeyOption = None,
    reason: ReasonOption = None,
    older_than_hours: AgeOption = None,
    everything: AllFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Say no to these values; a new value of the source is planned as usual."""
    from sync_pipeline.cli.dead_letter_documents import discarded  # noqa: PLC0415 - imports sqlalchemy

    wanted = _wanted(state, stream, kind, key, reason, older_than_hours, ids)
    document = discarded(customer_id, wanted, everything=everything)
    gone = document["counts"].get("discarded", 0)
    _tell(document, f"{counted(gone, 'change')} discarded.", as_json=as_json)


def _wanted(
    state: str | None,
    stream: str | None,
    kind: str | None,
    key: str | None,
    reason: str | None,
    older_than_hours: float | None,
    ids: list[int] | None = None,
) -> dict[str, Any]:
    return {
        "ids": tuple(ids or ()),
        "state": state,
        "stream": stream,
        "kind": kind,
        "key": key,
        "reason": reason,
        "older_than_hours": older_than_hours,
    }


def _tell(document: Mapping[str, Any], summary: str, *, as_json: bool) -> None:
    if as_json:
        write_json(document)
        return
    overtaken = document["counts"].get("overtaken", 0)
    more = [f"{counted(overtaken, 'change')} had a newer value already: nothing to repeat."] if overtaken else []
    write_lines([summary, *more], sys.stdout)
