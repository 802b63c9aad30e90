"""Servers of the benchmarks, each in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 20


@contextmanager
def people_server(users: int, answer_seconds: float) -> Iterator[str]:
    """The server of people_server.py, and the base URL it answers at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).with_name("people_server.py")
    process = subprocess.Popen([sys.executable, script, str(port), str(users), str(answer_seconds)])
    try:
        _await_port(port)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def _await_port(port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the bench server did not start")
