"""Dagster's code server, with one change: its runs are forked from a process that has loaded our code already.

    python -m sync_pipeline.orchestration.code_server -m sync_pipeline.definitions -h HOST -p PORT

Takes the options of `dagster api grpc`. Dagster starts every run in a fresh interpreter (multiprocessing's method
`spawn`), and has no setting for it.
"""

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from typing import Any

from dagster._cli.api import grpc_command
from dagster._grpc import server

PRELOADED = "sync_pipeline.warm"


def forking() -> ForkServerContext:
    """Starts the process that forks, if there is none yet."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    forkserver.ensure_running()
    return context


class ForkingServer(server.DagsterApiServer):
    """Starts the processes of runs by forking."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._mp_ctx = forking()


def main() -> None:
    server.DagsterApiServer = ForkingServer
    grpc_command.main()


if __name__ == "__main__":
    main()
