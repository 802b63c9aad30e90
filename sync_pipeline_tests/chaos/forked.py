"""Nights in processes that start within milliseconds: forked from one that has imported everything and done nothing.

Importing takes longer than the night of sixty people.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sync_pipeline_tests.chaos.night import run_slice

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([run_slice.__module__])


class ForkedNight:
    """A customer's night, with as much of `subprocess.Popen` as a victim needs."""

    def __init__(self, customer_id: str, environment: Mapping[str, str], log: Path, said: Path) -> None:
        self._said = said
        words = (customer_id, dict(environment), log, said)
        self._process = CONTEXT.Process(target=_night, args=words, daemon=True)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a night", timeout or 0)
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        self.wait(timeout)
        return self._said.read_text() if self._said.exists() else "", None

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _night(customer_id: str, environment: Mapping[str, str], log: Path, said: Path) -> None:
    os.environ.update(environment)
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), sys.stderr.fileno())
    sys.stdout = said.open("w")
    sys.exit(run_slice(customer_id))
