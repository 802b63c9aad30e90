"""`sync-pipeline plan`: what the next run of a customer would do."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import EXIT_FAILED, JsonFlag, console, write_json, write_lines, write_table
from sync_pipeline.cli.run import CustomerArgument

KINDS = ("create", "update", "delete")
SUMMARY = ("requests_total", "source_requests", "hours", "starts_at", "finishes_at", "waiting_after_slot")
STREAM_COLUMNS = ("stream", *KINDS, "unchanged", "rows", "complete")
SAMPLE_COLUMNS = ("stream", "key", "kind", "fields")


def plan(
    customer_id: CustomerArgument,
    *,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show the values of the sample: personal data of real people.")
    ] = False,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="FILE", help="Plan as if this file were the recipe of its name."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read the source and compare; nothing is written to Virtuous, and nothing is kept.

    Exit codes: 0 planned, 1 a stream could not be planned.
    """
    from sync_pipeline.cli.plan_documents import plan_document  # noqa: PLC0415 - imports polars and sqlalchemy

    if as_json:
        document = plan_document(customer_id, show_values=show_values, recipe=recipe)
        write_json(document)
    else:
        with console(sys.stderr).status(f"Planning {customer_id} …"):
            document = plan_document(customer_id, show_values=show_values, recipe=recipe)
        show_plan(document)
    if "error" in document:
        raise typer.Exit(EXIT_FAILED)


def show_plan(document: Mapping[str, Any]) -> None:
    """The plan as tables: the numbers, the requests, the streams, a few changes, and what failed."""
    backlog = ", ".join(f"{count} {state}" for state, count in document["backlog"].items())
    write_table(
        f"Plan of {document['customer_id']}",
        ("", "value"),
        [
            *((kind, document["changes"][kind]) for kind in KINDS),
            ("unchanged", document["unchanged"]),
            ("backlog", backlog or "none"),
            *((name, document[name]) for name in SUMMARY),
        ],
    )
    write_table("Requests to Virtuous", ("endpoint", "requests"), document["requests"].items())
    write_table("Streams", STREAM_COLUMNS, [stream_row(*entry) for entry in document["streams"].items()])
    if document["sample"]:
        write_table("Some of the changes", SAMPLE_COLUMNS, [sample_row(change) for change in document["sample"]])
    for name, stream in document["streams"].items():
        if "error" in stream:
            write_lines([f"{name}: {stream['error']['message']}", f"  -> {stream['error']['remedy']}"], sys.stderr)


def stream_row(name: str, stream: Mapping[str, Any]) -> list[object]:
    counts = [stream["changes"][kind] for kind in KINDS]
    return [name, *counts, stream["unchanged"], stream["rows"], "failed" if "error" in stream else stream["complete"]]


def sample_row(change: Mapping[str, Any]) -> list[object]:
    fields = [field_text(name, values) for name, values in change["fields"].items()]
    problem = [change["problem"]] if "problem" in change else []
    return [change["stream"], change["key"], change["kind"], ", ".join([*problem, *fields])]


def field_text(name: str, values: Mapping[str, Any]) -> str:
    new = "nothing" if values["new"] is None else values["new"]
    if "old" not in values:
        return f"{name} {new}"
    return f"{name} {'nothing' if values['old'] is None else values['old']} → {new}"
