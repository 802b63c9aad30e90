"""`sync-pipeline sandbox`: a local Virtuous and VOMO to run against."""

import sys
from typing import Annotated

import typer

from sync_pipeline.cli.output import write_lines

DEFAULT_PORT = 8765


def sandbox(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on loopback.")] = DEFAULT_PORT,
    seed: Annotated[int, typer.Option(help="Seed of the made-up people.")] = 7,
) -> None:
    """Serve the sandbox until it is interrupted: Virtuous at /, VOMO at /vomo/v1, its books at /sandbox."""
    from sync_pipeline.sandbox.server import serve  # noqa: PLC0415 - imports uvicorn
    from sync_pipeline.sandbox.world import default_world  # noqa: PLC0415 - as above

    serve(
        default_world(seed=seed),
        port=port,
        announce=lambda url: write_lines(
            [f"Sandbox at {url} (books: {url}/sandbox/books). Ctrl-C ends it."], sys.stderr
        ),
    )
