"""What `explain` shows a person: the answer first, then what it rests on, on one screen."""

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync_pipeline.cli.explain_documents import answered
from sync_pipeline.cli.output import write_lines, write_table

CHANGES = ("cut", "read", "kind", "field groups", "state", "operations", "run")
OPERATIONS = ("operation", "write", "field groups", "state", "planned", "accepted", "confirmed", "why")
ATTEMPTS = ("operation", "at", "endpoint", "answer", "span", "trace")
RECORDS = ("stream", "key", "kind", "state", "virtuous id")
EVIDENCE = {
    "repeated": "sent again without an answer",
    "repeat_accepted": "accepted when it was sent again",
    "repeat_refused": "refused when it was sent again, so it is there",
    "replayed": "to be planned again, as a person wants",
    "found": "found in Virtuous",
    "found_there": "was in Virtuous before it was sent",
}
NEWEST_SHOWN = 8
SHORT = 8
WIDTH = 100
MINUTE = len("2026-03-01T22:00")
SECOND = len("2026-03-01T22:00:00")


def show_record(document: Mapping[str, Any]) -> None:
    write_lines(answer_lines(document), sys.stdout)
    write_lines(source_lines(document), sys.stdout)
    changes, operations = document["changes"], document["operations"]
    if changes:
        write_table(_title("Changes", changes), CHANGES, [change_row(one) for one in changes[-NEWEST_SHOWN:]])
    if operations:
        shown = operations[-NEWEST_SHOWN:]
        write_table(_title("Operations", operations), OPERATIONS, [operation_row(one) for one in shown])
    attempts = [[one["operation_id"], attempt] for one in operations for attempt in one["attempts"]]
    if attempts:
        rows = [attempt_row(number, attempt) for number, attempt in attempts[-NEWEST_SHOWN:]]
        write_table(_title("Attempts (UTC)", attempts), ATTEMPTS, rows)
        write_lines(trace_lines([attempt for _, attempt in attempts[-NEWEST_SHOWN:]]), sys.stdout)
    write_lines(standing_lines(document), sys.stdout)


def show_contact(document: Mapping[str, Any]) -> None:
    write_lines([document["answer"], ""], sys.stdout)
    write_table("Came from", RECORDS, [named_row(record) for record in document["records"]])
    if document["hanging"]:
        title = "Hangs on it" + (" (the first of each stream)" if document["cut_short"] else "")
        write_table(title, RECORDS, [named_row(record) for record in document["hanging"]])
    write_lines([f"sync-pipeline explain {document['customer_id']} STREAM KEY tells more of each."], sys.stdout)


def answer_lines(document: Mapping[str, Any]) -> Iterator[str]:
    step = document["next"]
    yield f"{document['customer_id']} · {document['stream']} · {document['key']}"
    yield from _wrapped(document["answer"], "")
    at = "" if step["at"] is None else f" ({moment(step['at'])} UTC)"
    yield from _wrapped(f"Next{at}: {step['what']}", "")
    if step["command"] is not None:
        yield f"  -> {step['command']}"
    yield ""


def source_lines(document: Mapping[str, Any]) -> Iterator[str]:
    source, read = document["source"], document["source"]["last_read"]
    if read is not None:
        complete = "complete" if read["complete"] else "not complete"
        yield f"Last read: cut {read['cut']} of {moment(read['read_at'])} UTC ({complete}, {read['state']})"
    if source["cut"] is None:
        yield "Source: no snapshot has it"
        return
    newest = "the newest snapshot" if source["newest"] else "an old snapshot; the newest does not have it"
    yield f"Source: cut {source['cut']} of {moment(source['read_at'])} UTC, {newest}"
    yield from _wrapped(", ".join(f"{name} {shown(value)}" for name, value in source["row"].items()), "  ")
    if source["problem"] is not None:
        yield f"Mapped {source['kind']}: {source['problem']}"
    elif source["mapped"]:
        yield f"Mapped {source['kind']} {source['reference']}:"
    for name, group in source["mapped"].items():
        values = ", ".join(f"{field} {shown(value)}" for field, value in group["values"].items() if value is not None)
        yield from _wrapped(f"{name} ({compared(group)}): {values or 'nothing'}", "  ")


def compared(group: Mapping[str, Any]) -> str:
    """What a mapped field group is compared with, and how that ends."""
    acknowledged = "equals" if group["equals_acknowledged"] else "differs from"
    said = f"{acknowledged} what Virtuous acknowledged"
    standing = group["standing"]
    if standing is None:
        return said
    return f"{said}, {'equals' if standing['equals'] else 'differs from'} what is {standing['state']}"


def standing_lines(document: Mapping[str, Any]) -> Iterator[str]:
    known = document["acknowledged"]
    if known:
        parts = [f"{group} by {_operation_of(value)}" for group, value in known.items()]
        yield from _wrapped(f"Acknowledged: {', '.join(parts)}", "")
    confirmed = document["confirmed"]
    if confirmed is not None:
        at = "" if confirmed["at"] is None else f", confirmed on {moment(confirmed['at'])} UTC"
        archived = "" if confirmed["archived_at"] is None else ", archived by staff"
        yield f"In Virtuous: {confirmed['virtuous_id'] or 'no id is known'}{at}{archived}"


def change_row(change: Mapping[str, Any]) -> list[object]:
    moments = moment(change["read_at"])
    groups, operations = change["field_groups"], change["operations"]
    return [change["cut"], moments, change["kind"], groups, change["state"], operations, change["run_id"]]


def operation_row(operation: Mapping[str, Any]) -> list[object]:
    write = f"{operation['action']} {operation['kind']}"
    times = [moment(operation[name]) for name in ("planned_at", "accepted_at", "confirmed_at")]
    about = [operation["operation_id"], write, operation["field_groups"], operation["state"]]
    return [*about, *times, why(operation)]


def named_row(record: Mapping[str, Any]) -> list[object]:
    return [record[name] for name in ("stream", "key", "kind", "state", "virtuous_id")]


def why(operation: Mapping[str, Any]) -> str:
    """What explains its state, as far as the answers do not."""
    unkept = operation["attempts_made"] - len({attempt["batch_id"] for attempt in operation["attempts"]})
    said = [
        operation["reason"],
        operation["waits_for"] and f"waits for {operation['waits_for']}",
        EVIDENCE.get(operation["evidence"] or ""),
        f"{unkept} earlier attempts were not kept" if unkept > 0 else None,
        operation["travelled_with"] and f"travelled with {', '.join(map(str, operation['travelled_with']))}",
    ]
    return "; ".join(one for one in said if one)


def attempt_row(operation_id: int, attempt: Mapping[str, Any]) -> list[object]:
    at = attempt["at"][:SECOND].replace("T", " ")
    return [operation_id, at, attempt["endpoint"], answered(attempt), attempt["span_id"], attempt["trace_id"][:SHORT]]


def trace_lines(attempts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The traces in full: wide as they are, they would not fit into the table."""
    for trace_id, run_id in dict.fromkeys((attempt["trace_id"], attempt["run_id"]) for attempt in attempts):
        yield f"Trace {trace_id}: run {run_id}"


def moment(text: str | None) -> str | None:
    return None if text is None else text[:MINUTE].replace("T", " ")


def shown(value: object) -> object:
    return "nothing" if value is None else value


def _operation_of(value: Mapping[str, Any]) -> str:
    if value["operation_id"] is None:
        return "an operation before the last fold"
    return f"operation {value['operation_id']} on {moment(value['at'])} UTC"


def _title(name: str, all_of_them: Sequence[object]) -> str:
    older = len(all_of_them) - NEWEST_SHOWN
    return name if older <= 0 else f"{name}, the newest {NEWEST_SHOWN} of {len(all_of_them)} (--json has all)"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent or "  ", break_on_hyphens=False)
