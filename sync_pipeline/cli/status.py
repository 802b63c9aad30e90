"""`sync-pipeline status`: where every customer stands."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.objective_lines import objective_lines
from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.progress import progress_text

SAVE = "save"
VOWELS = tuple("aeiou")
FAILURE_COLUMNS = ("stream", "key", "kind", "state", "reason")
HOUR_COLUMNS = ("hour", "premium", "standard", "requests")
COLUMNS = ("customer_id", "last status", "last run", "checkpoint age", "ledger", "quota", "paused until")


def status(
    customer_id: Annotated[str | None, typer.Argument(metavar="[CUSTOMER]", help="Only this customer.")] = None,
    *,
    fleet: Annotated[bool, typer.Option("--fleet", help="When the next nights begin, hour by hour.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show checkpoints, ledgers, waits, quotas and pauses; for one customer the exit code tells too (see `run`)."""
    if fleet:
        if customer_id is not None:
            raise ConfigurationError("--fleet is about all customers.", "Leave out the customer, or --fleet.")
        show_fleet(as_json=as_json)
        return
    from sync_pipeline.cli.status_documents import status_document, status_exit_code  # noqa: PLC0415 - sqlalchemy

    document = status_document(customer_id)
    if as_json:
        write_json(document)
    else:
        entries = document.get("customers", [document])
        write_table("Status", COLUMNS, [shown(entry) for entry in entries])
        write_lines(reading_lines(entries), sys.stdout)
        write_lines(waiting_lines(entries), sys.stdout)
        if customer_id is not None:
            write_lines(trouble_lines(document), sys.stdout)
            write_lines(objective_lines(document["objectives"]), sys.stdout)
        if customer_id is not None and document["needs_a_person"]:
            rows = [[failure[name] for name in FAILURE_COLUMNS] for failure in document["needs_a_person"]]
            write_table(
                "Dead letters and reviews: a corrected value at the source replaces them", FAILURE_COLUMNS, rows
            )
    if customer_id is not None:
        raise typer.Exit(status_exit_code(document))


def show_fleet(*, as_json: bool) -> None:
    from sync_pipeline.cli.fleet_status_documents import fleet_status_document  # noqa: PLC0415 - sqlalchemy

    document = fleet_status_document()
    if as_json:
        write_json(document)
        return
    rows = [[hour[name] for name in HOUR_COLUMNS] for hour in document["hours"]]
    write_table("Nights that begin, and requests as last time, by the hour (UTC)", HOUR_COLUMNS, rows)
    for name, platform in document["platforms_down"].items():
        tried = f"tried next at {platform['tried_next_at']}"
        write_lines([f"down: {name} is {platform['trouble']} since {platform['since']}, {tried}"], sys.stdout)
    write_lines(objective_lines(document["objectives"]), sys.stdout)
    if used_up := document["objectives"]["used_up"]:
        write_lines([f"no error budget left: {', '.join(used_up)}"], sys.stdout)
    for what in ("paused", "broken"):
        if document[what]:
            write_lines([f"{what}: {', '.join(document[what])}"], sys.stdout)


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
        "a person resumes it" if entry["breaker"]["needs_person"] else entry["paused_until"],
    ]


def trouble_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    """What went wrong in the last run and is not a record's fault, with the remedy."""
    last = entry["last_run"] or {}
    for failure in last.get("stage_failures", ()):
        yield f"{failure['subject']} failed: {failure['message']}"
        yield f"  {failure['remedy']}"
    for warning in last.get("warnings", ()):
        yield f"Warning: {warning}"


def reading_lines(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for stream, progress in entry["reading"].items():
            yield f"{entry['customer_id']}: {progress_text(stream, progress)}"


def waiting_lines(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for group in entry["waiting"]:
            yield f"{entry['customer_id']}: {waiting_text(group)}"


def waiting_text(group: Mapping[str, Any]) -> str:
    """`12 notes wait for a contact (since 2026-03-01 22:00 UTC, e.g. contact VOMO/17)`."""
    count, kind, needed = group["operations"], group["kind"], group["waits_for"]
    what = kind if count == 1 else f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    doing = "" if group["action"] == SAVE else f" to {group['action']}"
    # What has to be found itself before it can be created, archived or reversed.
    until = "to be found in Virtuous" if needed == kind else f"for {'an' if needed[:1] in VOWELS else 'a'} {needed}"
    since = group["since"][: len("2026-03-01T22:00")].replace("T", " ")
    examples = "".join(f", e.g. {example}" for example in group["examples"][:1])
    return f"{count} {what}{doing} {'waits' if count == 1 else 'wait'} {until} (since {since} UTC{examples})"
