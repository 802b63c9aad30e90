"""`sync-pipeline ui`: the Dagster UI on this machine, with a sandbox beside it for the demonstration fleet."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from sync_pipeline.cli.output import write_lines
from sync_pipeline.cli.sandbox import DEFAULT_PORT

UI_PORT = 3000


def ui(*, port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the UI on loopback.")] = UI_PORT) -> None:
    """Open the Dagster UI on the configured fleet until it is interrupted."""
    from sync_pipeline.orchestration.home import prepare_dagster_home  # noqa: PLC0415 - imports dagster
    from sync_pipeline.workplace import Workplace  # noqa: PLC0415 - imports polars and sqlalchemy

    workplace = Workplace()
    prepare_dagster_home(workplace.settings.dagster_home)
    addresses = {customer.destination.address for customer in workplace.fleet().customers.values()}
    workplace.close()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "sync_pipeline.definitions", "-p", str(port)]
    # The servers run elsewhere than where the paths of the settings were written down.
    settings = workplace.settings
    environment = {**os.environ, "SYNC_HOME": str(settings.home), "SYNC_CUSTOMERS": str(settings.customers)}
    with sandbox_beside(addresses):
        write_lines([f"Dagster UI at http://127.0.0.1:{port}. Ctrl-C ends it."], sys.stderr)
        raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603 - our own


def sandbox_beside(addresses: set[str]) -> AbstractContextManager[object]:
    """A sandbox where the fleet expects one; none for a fleet that lives elsewhere."""
    if f"http://127.0.0.1:{DEFAULT_PORT}" not in addresses:
        return nullcontext()
    from sync_pipeline.sandbox.server import running_sandbox  # noqa: PLC0415 - imports uvicorn

    return running_sandbox(port=DEFAULT_PORT)
