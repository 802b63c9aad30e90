"""`sync-pipeline customers`: the fleet as configured."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from sync_pipeline.cli.audit import audit_customer
from sync_pipeline.cli.forget import forget_customer
from sync_pipeline.cli.output import EXIT_USAGE, JsonFlag, write_json, write_lines, write_table

LISTED = ("id", "name", "region", "timezone", "lane", "ring", "sources", "streams", "valid")

ReasonOption = Annotated[str, typer.Option(help="Why; kept in the audit log.")]

app = typer.Typer(help="The fleet as configured.", no_args_is_help=True, rich_markup_mode=None)
app.command("audit")(audit_customer)
app.command("forget")(forget_customer)


@app.command("list")
def list_customers(*, as_json: JsonFlag = False) -> None:
    """List the customers, broken ones too."""
    from sync_pipeline.cli.customer_documents import fleet_document  # noqa: PLC0415 - imports polars and pydantic

    document = fleet_document()
    if as_json:
        write_json(document)
        return
    write_table("Customers", LISTED, ([entry.get(column) for column in LISTED] for entry in document["customers"]))
    write_lines(problem_lines(document["problems"]), sys.stderr)


@app.command("show")
def show_customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show one customer, defaults filled in."""
    from sync_pipeline.cli.customer_documents import customer_document  # noqa: PLC0415 - imports polars and pydantic

    document = customer_document(customer_id)
    if as_json:
        write_json(document)
        return
    write_table(f"Customer {customer_id}", ("key", "value"), flatten(document))


@app.command("validate")
def validate_customers(
    customer_id: Annotated[str | None, typer.Argument(metavar="CUSTOMER", help="Only this customer.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Check the files and their secrets; exit code 2 on problems."""
    from sync_pipeline.cli.customer_documents import validation_document  # noqa: PLC0415 - imports polars and pydantic

    document = validation_document(customer_id)
    if as_json:
        write_json(document)
    else:
        write_lines(problem_lines(document["problems"]), sys.stdout)
        checked, found = document["customers"], len(document["problems"])
        write_lines([f"{counted(checked, 'customer')} checked, {counted(found, 'problem')}."], sys.stdout)
    if not document["valid"]:
        raise typer.Exit(EXIT_USAGE)


@app.command("pause")
def pause_customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    *,
    reason: ReasonOption,
    as_json: JsonFlag = False,
) -> None:
    """Stop syncing a customer until it is resumed."""
    from sync_pipeline.cli.pause_documents import pause  # noqa: PLC0415 - imports sqlalchemy

    tell_pause(pause(customer_id, reason), as_json=as_json)


@app.command("resume")
def resume_customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    *,
    reason: ReasonOption,
    as_json: JsonFlag = False,
) -> None:
    """Sync a paused customer again; also accepts the organization that its token belongs to now."""
    from sync_pipeline.cli.pause_documents import resume  # noqa: PLC0415 - imports sqlalchemy

    tell_pause(resume(customer_id, reason), as_json=as_json)


def tell_pause(document: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(document)
    else:
        write_lines([f"{document['customer_id']} is {'paused' if document['paused'] else 'running'}."], sys.stdout)


def problem_lines(problems: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for problem in problems:
        place = f"{problem['file']}:{problem['line']}"
        yield f"{place} {problem['key']}: {problem['message']}" if problem["key"] else f"{place} {problem['message']}"
        yield f"  -> {problem['remedy']}"


def counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def flatten(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The values of nested mappings by dotted key."""
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
