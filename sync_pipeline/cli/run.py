"""`sync-pipeline run`: one run of a customer through Dagster, in this process."""

from typing import Annotated, Any

import typer

from sync_pipeline.cli.output import JsonFlag, write_json
from sync_pipeline.domain.run import Layer

CustomerArgument = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]


def run_customer(
    customer_id: CustomerArgument,
    *,
    layer: Annotated[
        Layer | None,
        typer.Option(help="`initial` until a first run has read everything, then `nightly`; `poll`; or `reconcile`."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Reconcile: read and compare everything.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Go on through parks until nothing more can be done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Sync one customer now.

    Exit codes: 0 everything delivered, 1 failed, 3 work is left and resumes by itself, 4 held, paused or busy,
    5 dead letters or reviews need a person.
    """
    from sync_pipeline.cli.run_documents import run_to_the_end  # noqa: PLC0415 - imports dagster

    with working(customer_id, quiet=as_json):
        document, code = run_to_the_end(customer_id, layer, wait=wait, full=full)
    if as_json:
        write_json(document)
    else:
        from sync_pipeline.cli.report import show_report  # noqa: PLC0415 - imports rich

        show_report(document)
    raise typer.Exit(code)


def working(customer_id: str, *, quiet: bool) -> Any:
    """A spinner on a terminal; nothing elsewhere."""
    from contextlib import nullcontext  # noqa: PLC0415 - beside the other branch

    if quiet:
        return nullcontext()
    from rich.console import Console  # noqa: PLC0415 - rich takes 100 ms to import, and --json never needs it

    return Console(stderr=True).status(f"Syncing {customer_id} …")
