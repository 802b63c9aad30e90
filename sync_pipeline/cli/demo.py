"""`sync-pipeline demo`: three nonprofits, three nights, compared with the sandbox's own books."""

import typer

from sync_pipeline.cli.output import JsonFlag
from sync_pipeline.cli.sandbox import DEFAULT_PORT

PORTS = range(DEFAULT_PORT, DEFAULT_PORT + 10)


def demo(*, as_json: JsonFlag = False) -> None:
    """Watch three nonprofits being synced for three nights against a local sandbox; exit code 1 on any difference."""
    from sync_pipeline.cli.demo_show import show  # noqa: PLC0415 - imports polars, and dagster while it shows
    from sync_pipeline.sandbox.world import default_world  # noqa: PLC0415 - imports starlette

    raise typer.Exit(show(default_world(), PORTS, as_json=as_json))
