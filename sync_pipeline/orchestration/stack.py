"""Dagster's programs for one machine without containers: a code server, a webserver and exactly one daemon."""

import fcntl
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sync_pipeline.adapters.programs import Program
from sync_pipeline.domain.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
LOCATION = "sync_pipeline"
WORKSPACE_FILE = "workspace.yaml"
LOCK_FILE = ".stack"


def programs(home: Path, host: str, port: int, code_port: int, log_format: str = "json") -> list[Program]:
    """In the order in which they start: a daemon that finds no code server looks again only after a minute.

    The code server stays on loopback: whoever reaches it may start runs.
    """
    workspace = home / WORKSPACE_FILE
    workspace.write_text(
        f"load_from:\n  - grpc_server: {{host: {LOOPBACK}, port: {code_port}, location_name: {LOCATION}}}\n",
        encoding="utf-8",
    )
    logs = ("--log-format", log_format)
    shared = ("-w", str(workspace), *logs)
    served = ("-h", LOOPBACK, "-p", str(code_port), *logs)
    return [
        Program(
            "code server",
            module("sync_pipeline.orchestration.code_server", "-m", "sync_pipeline.definitions", *served),
            (LOOPBACK, code_port),
        ),
        Program("webserver", module("dagster_webserver", "-h", host, "-p", str(port), *shared), (host, port)),
        Program("daemon", module("dagster._daemon", "run", *shared)),
    ]


def metrics_program(host: str, port: int) -> Program:
    """The last to start: it needs nothing of Dagster's, and nothing needs it."""
    return Program("metrics", module("sync_pipeline", "metrics", "--host", host, "--port", str(port)), (host, port))


def module(*words: str) -> Sequence[str]:
    return (sys.executable, "-m", *words)


@contextmanager
def only_stack_in(home: Path) -> Generator[None]:
    """Dagster must have one daemon: two would start the same runs.

    Raises:
        ConfigurationError: a stack is running in this home already.
    """
    with (home / LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"A stack is running in {home} already.", "Stop that one first, or set DAGSTER_HOME to another folder."
            ) from None
        yield
