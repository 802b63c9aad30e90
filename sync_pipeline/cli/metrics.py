"""`sync-pipeline metrics`: the fleet's metrics for Prometheus."""

import sys
from typing import Annotated

import typer

METRICS_PORT = 9464
LOOPBACK = "127.0.0.1"


def metrics(
    *,
    host: Annotated[str, typer.Option(help="Address the endpoint listens on; it has no passwords.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Its port; 0 takes a free one.")] = METRICS_PORT,
    once: Annotated[bool, typer.Option("--once", help="Print the metrics, and end.")] = False,
) -> None:
    """Serve the fleet's metrics at /metrics until SIGTERM or SIGINT, computed from the state store when asked."""
    from sync_pipeline.cli.metrics_documents import metrics_text, serve_metrics  # noqa: PLC0415 - sqlalchemy

    if once:
        sys.stdout.write(metrics_text())
        sys.stdout.flush()
    else:
        serve_metrics(host, port)
