"""`sync-pipeline sources`: what a source answers, and what the connector and the recipe make of it."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import EXIT_FAILED, JsonFlag, console, write_json, write_lines, write_table
from sync_pipeline.cli.run import CustomerArgument
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_PREFIX

COLUMN_COLUMNS = ("column", "JSON kinds", "used by")
OWN_KEY = "the key"
FIELD_COLUMNS = ("place", "would be sent", "column", "original")

app = typer.Typer(help="What the sources answer.", no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check(customer_id: CustomerArgument, *, as_json: JsonFlag = False) -> None:
    """Read one page of every stream and tell what was understood, and what is wrong. Nothing is written anywhere.

    Exit codes: 0 all is well, 1 a stream has a problem.
    """
    from sync_pipeline.cli.source_documents import check_document  # noqa: PLC0415 - imports polars and httpx

    if as_json:
        document = check_document(customer_id)
        write_json(document)
    else:
        with console(sys.stderr).status(f"Asking the sources of {customer_id} …"):
            document = check_document(customer_id)
        for name, entry in document["streams"].items():
            show_stream(name, entry)
    if "error" in document:
        raise typer.Exit(EXIT_FAILED)


@app.command("sample")
def sample(
    customer_id: CustomerArgument,
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="An entry of the customer's streams.")],
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many records, at most one page.")] = 5,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show the values: personal data of real people.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show a few records next to what the recipe makes of them. Nothing is written anywhere."""
    from sync_pipeline.cli.sample_documents import sample_document  # noqa: PLC0415 - imports polars and httpx

    if as_json:
        write_json(sample_document(customer_id, stream, limit, show_values=show_values))
        return
    with console(sys.stderr).status(f"Asking for {stream} of {customer_id} …"):
        document = sample_document(customer_id, stream, limit, show_values=show_values)
    for record in document["records"]:
        show_record(document, record)
    if not document["records"]:
        write_lines(["The first page holds no records."], sys.stdout)


def show_stream(name: str, entry: Mapping[str, Any]) -> None:
    """One stream as tables, followed by what is wrong with it."""
    title = f"{name}: {entry['stream']} of {entry['source']}"
    if "error" in entry:
        write_lines([f"{title} could not be read."], sys.stdout)
        write_lines(remark_lines(name, "", entry["error"]), sys.stderr)
        return
    verdict = "a problem" if entry["problems"] else "all is well"
    write_table(f"{title}: {verdict}", ("", "value"), list(understood(entry)))
    used = entry["used_by"]
    own = {
        column: kinds
        for column, kinds in entry["columns"].items()
        if not column.startswith(PARENT_PREFIX) or column in used
    }
    missing = {column: OWN_KEY if column == KEY_COLUMN else "not on this page" for column in used if column not in own}
    rows = [(column, kinds, used.get(column)) for column, kinds in {**own, **missing}.items()]
    write_table(f"Columns of {name}", COLUMN_COLUMNS, rows)
    for problem in entry["problems"]:
        write_lines(remark_lines(name, "", problem), sys.stderr)
    for note in entry["notes"]:
        write_lines(remark_lines(name, "Note: ", note), sys.stderr)


def understood(entry: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    records, modified, following = entry["records"], entry["modified"], entry["next_page"]
    sendable = entry["matches"] - entry["dead_letters"]
    for parent in entry["parents"]:
        yield f"parents {parent['stream']}", f"{parent['records']} records at {parent['address']}"
    yield "address", entry["address"]
    yield "records", f"{records} at {entry['records_path'] or 'the top of the body'}"
    yield "key", [f"{columns} in {count} of {records}" for columns, count in entry["keys"].items()]
    yield "modified", modified and f"{modified['field']} in {modified['records']} of {records}"
    yield "filter", entry["filter"] and filtering(entry["filter"])
    yield "total", "not told" if entry["total"] is None else entry["total"]
    yield "pages", "not told" if entry["pages"] is None else entry["pages"]
    yield "next page", f"{following['kind']}: {'found' if following['found'] else 'no further page'}"
    yield "strategy", entry["strategy"]
    yield "recipe", f"{entry['recipe']} writes {entry['writes']}: {sendable} of {records} would be sent"


def filtering(tried: Mapping[str, Any]) -> str:
    return f"newest record {tried['newest']}{', parameter ignored' if tried['ignored'] else ''}"


def remark_lines(name: str, label: str, remark: Mapping[str, str]) -> list[str]:
    return [f"{name}: {label}{remark['message']}", f"  -> {remark['remedy']}"]


def show_record(document: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """What would be sent, place by place, next to the columns it is made of."""
    verdict = record.get("problem") or ("would be sent" if record["matches"] else "`when` is not true: not sent")
    origin = f"{document['stream']} {record['key'] or 'without key'}"
    title = f"{origin} → {document['writes']} {record['reference'] or 'without reference'}: {verdict}"
    rows = [row for place in document["reads"] for row in place_rows(document, record, place)]
    write_table(title, FIELD_COLUMNS, rows)


def place_rows(document: Mapping[str, Any], record: Mapping[str, Any], place: str) -> Iterator[tuple[object, ...]]:
    """One line per column; a place that reads none has one line."""
    columns, original = document["reads"][place], {**record["original"], KEY_COLUMN: record["key"]}
    for position, column in enumerate(columns or [None]):
        first = position == 0
        yield (
            place if first else None,
            sent(record, place) if first else None,
            column,
            None if column is None else original.get(column, "not there"),
        )


def sent(record: Mapping[str, Any], place: str) -> object:
    """The value that the recipe gives at a place."""
    part, _, name = place.partition(".")
    match part:
        case "reference":
            return record["reference"]
        case "when":
            return record["matches"]
        case "urgent":
            return record["urgent"]
        case "fields":
            return record["fields"].get(name)
        case "designations":
            return [
                "; ".join(f"{key} {value or 'nothing'}" for key, value in one.items()) for one in record["designations"]
            ]
        case _:
            # Tags that give nothing leave no gap, so which expression gave which is not known: the first line has all.
            return record["tags"] if name == "0" else None
