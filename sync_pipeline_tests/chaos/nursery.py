"""Processes that start within milliseconds: forked from one that has imported everything and done nothing.

    python -m sync_pipeline_tests.chaos.nursery

Reads `start JOB` and `wait PID`, one a line; answers the pid, and the status the process ended with.
"""

import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass
from typing import Self

import msgspec

from sync_pipeline_tests.chaos.mortal import Job, live

START, WAIT = "start", "wait"
STOPPED = 1_000
"""Answered in place of an exit code: the process was stopped, and is still there."""


@dataclass(frozen=True)
class Mortal:
    """A process of the nursery. Its pid is nobody else's until it was waited for."""

    pid: int
    nursery: "Nursery"

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> int:
        self.signal(signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        """The exit code; minus the number of the signal that ended it. STOPPED when it only stopped."""
        return int(self.nursery.ask(f"{WAIT} {self.pid}"))


class Nursery:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", __name__), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, job: Job) -> Mortal:
        return Mortal(int(self.ask(f"{START} {msgspec.json.encode(job).decode()}")), self)

    def ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def serve() -> None:
    """Whoever is left at the end, stopped perhaps, is killed: our reader waits for the last of us."""
    born: set[int] = set()
    for line in sys.stdin:
        word, _, rest = line.partition(" ")
        if word == START:
            answer = _forked(msgspec.json.decode(rest, type=Job))
            born.add(answer)
        elif (answer := _ended(int(rest))) != STOPPED:
            born.discard(int(rest))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in born:
        os.kill(pid, signal.SIGKILL)


def _ended(pid: int) -> int:
    _, status = os.waitpid(pid, os.WUNTRACED)
    return STOPPED if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def _forked(job: Job) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        code = live(job)
    except BaseException:  # noqa: BLE001 - whatever it was, this process must not go on as a second nursery
        traceback.print_exc()
    os._exit(code)


if __name__ == "__main__":
    serve()
