"""Servers of the benchmarks, each in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

START_SECONDS = 20
OUR_SERVER = ("sync_pipeline.orchestration.code_server",)


@contextmanager
def process(command: Sequence[str], log: Path) -> Iterator[psutil.Process]:
    """A process that is ended with the block; what it prints goes into the file."""
    with log.open("ab") as output:
        started = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield psutil.Process(started.pid)
        finally:
            started.terminate()
            started.wait()


@contextmanager
def dagster_server(folder: Path, words: Sequence[str]) -> Iterator[Path]:
    """A code server, and the workspace file that names it."""
    port, workspace = free_port(), folder / "workspace.yaml"
    workspace.write_text(f"load_from: [{{grpc_server: {{host: 127.0.0.1, port: {port}}}}}]\n", encoding="utf-8")
    command = [sys.executable, "-m", *words, "-h", "127.0.0.1", "-p", str(port)]
    with process(command, folder / "code_server.log"):
        await_port(port)
        yield workspace


@contextmanager
def dagster_daemon(folder: Path, workspace: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)]
    with process(command, folder / "daemon.log") as running:
        yield running


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def people_server(users: int, answer_seconds: float) -> Iterator[str]:
    """The server of people_server.py, and the base URL it answers at."""
    port = free_port()
    script = Path(__file__).with_name("people_server.py")
    process = subprocess.Popen([sys.executable, script, str(port), str(users), str(answer_seconds)])
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def await_port(port: int) -> None:
    """Until somebody listens there."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("a server did not start")
