"""`sync-pipeline ui`: the Dagster UI on this machine, with a sandbox beside it for the demonstration fleet."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from sync_pipeline.cli.output import write_lines
from sync_pipeline.cli.sandbox import DEFAULT_PORT
from sync_pipeline.domain.errors import ConfigurationError

UI_PORT = 3000


def ui(*, port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the UI on loopback.")] = UI_PORT) -> None:
    """Open the Dagster UI on the configured fleet until it is interrupted."""
    from sync_pipeline.orchestration.home import prepare_dagster_home  # noqa: PLC0415 - imports dagster
    from sync_pipeline.workplace import Workplace  # noqa: PLC0415 - imports polars and sqlalchemy

    workplace = Workplace()
    settings = workplace.settings
    prepare_dagster_home(settings.dagster_home, on_postgresql=settings.dagster_database_url is not None)
    addresses = {customer.destination.address for customer in workplace.fleet().customers.values()}
    workplace.close()
    # `dagster dev` warns that its successor is a package of its own, which we do not need.
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "dagster",
        "dev",
        "-m",
        "sync_pipeline.definitions",
        "-p",
        str(port),
    ]
    # The servers run elsewhere than where the paths of the settings were written down.
    environment = {**os.environ, "SYNC_HOME": str(settings.home), "SYNC_CUSTOMERS": str(settings.customers)}
    with sandbox_beside(addresses):
        write_lines([f"Dagster UI at http://127.0.0.1:{port}. Ctrl-C ends it."], sys.stderr)
        raise typer.Exit(run_until_stopped(command, environment))


def run_until_stopped(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a server in the foreground; a SIGTERM to us ends it too, as Ctrl-C does by itself."""
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - our own interpreter and words
        before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def sandbox_beside(addresses: set[str]) -> Iterator[None]:
    """A sandbox where the fleet expects one; none for a fleet that lives elsewhere, or where one is running already."""
    if f"http://127.0.0.1:{DEFAULT_PORT}" not in addresses:
        yield
        return
    from sync_pipeline.sandbox.server import running_sandbox  # noqa: PLC0415 - imports uvicorn

    with ExitStack() as stack:
        try:
            stack.enter_context(running_sandbox(port=DEFAULT_PORT))
        except ConfigurationError:
            write_lines([f"Port {DEFAULT_PORT} is taken: the fleet uses the sandbox that runs there."], sys.stderr)
        yield
