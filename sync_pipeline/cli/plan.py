"""`sync-pipeline plan`: what the next run of a customer would do."""

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import EXIT_FAILED, JsonFlag, console, write_json, write_lines, write_table
from sync_pipeline.domain.errors import ConfigurationError

KINDS = ("create", "update", "delete")
SUMMARY = ("requests_total", "source_requests", "hours", "starts_at", "finishes_at", "waiting_after_slot")
STREAM_COLUMNS = ("stream", *KINDS, "unchanged", "rows", "complete")
NIGHT_COLUMNS = ("customer_id", "starts_at", "finishes_at", *KINDS, "held", "requests", "source_requests")
HOUR_COLUMNS = ("hour", "starting", "unfinished", "requests")
SAMPLE_COLUMNS = ("stream", "key", "kind", "fields")


def plan(
    customer_id: Annotated[str | None, typer.Argument(metavar="[CUSTOMER]", help="The customer's id.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="The next night of the whole fleet, hour by hour.")] = False,
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

    Exit codes: 0 planned, 1 a stream or a customer could not be planned.
    """
    if (customer_id is None) is not every or (every and (recipe is not None or show_values)):
        raise ConfigurationError(
            "A plan is one customer's, or with --all the whole fleet's.",
            "Write `plan CUSTOMER`, or `plan --all` without --recipe and --show-values.",
        )
    with nullcontext() if as_json else console(sys.stderr).status(f"Planning {customer_id or 'the fleet'} …"):
        document = _document(customer_id, show_values=show_values, recipe=recipe)
    if as_json:
        write_json(document)
    elif customer_id is None:
        show_fleet_plan(document)
    else:
        show_plan(document)
    if "error" in document:
        raise typer.Exit(EXIT_FAILED)


def _document(customer_id: str | None, *, show_values: bool, recipe: Path | None) -> dict[str, Any]:
    if customer_id is None:
        from sync_pipeline.cli.fleet_plan_documents import fleet_plan_document  # noqa: PLC0415 - as below

        return fleet_plan_document()
    from sync_pipeline.cli.plan_documents import plan_document  # noqa: PLC0415 - imports polars and sqlalchemy

    return plan_document(customer_id, show_values=show_values, recipe=recipe)


def show_fleet_plan(document: Mapping[str, Any]) -> None:
    """The customers in the order of their slots, the hours of the night, and what could not be planned."""
    planned = [entry for entry in document["customers"] if "starts_at" in entry]
    rows = [[{**entry, **entry["changes"]}[name] for name in NIGHT_COLUMNS] for entry in planned]
    write_table("Next night of each customer", NIGHT_COLUMNS, rows)
    hours = [[hour[name] for name in HOUR_COLUMNS] for hour in document["hours"]]
    write_table("Customers and requests to Virtuous, hour by hour (UTC)", HOUR_COLUMNS, hours)
    for entry in document["customers"]:
        if "error" in entry:
            error = entry["error"]
            write_lines([f"{entry['customer_id']}: {error['message']}", f"  -> {error['remedy']}"], sys.stderr)


def show_plan(document: Mapping[str, Any]) -> None:
    """The plan as tables: the numbers, the requests, the streams, a few changes, and what failed."""
    backlog = ", ".join(f"{count} {state}" for state, count in document["backlog"].items())
    write_table(
        f"Plan of {document['customer_id']}",
        ("", "value"),
        [
            *((kind, document["changes"][kind]) for kind in KINDS),
            ("unchanged", document["unchanged"]),
            ("held", document["held"]),
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
        if "held" in stream:
            remedy = f"`sync-pipeline change-sets list {document['customer_id']}` once it ran, then approve or discard."
            write_lines([f"{name} would be held: {stream['held']}", f"  -> {remedy}"], sys.stderr)


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
