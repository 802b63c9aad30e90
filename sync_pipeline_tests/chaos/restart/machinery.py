"""Dagster's daemon, the code server it starts and the processes of runs; killed one by one, by their ids."""

import os
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

import psutil

from sync_pipeline_tests.chaos.restart.organizations import REPOSITORY

LOOK_SECONDS = 0.1


class Kind(StrEnum):
    """Who is killed. A writer is a run that holds its customer; other runs may just begin, or be about to end."""

    DAEMON = "daemon"
    CODE_SERVER = "code_server"
    RUN = "run"
    WRITER = "writer"
    EVERYTHING = "everything"


@dataclass
class Machinery:
    """As `dagster-daemon run -m sync_pipeline.definitions` in a deployment of one machine."""

    environment: Mapping[str, str]
    log: Path
    _daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon if it does not run: whoever supervises processes does so."""
        if self._daemon is not None and self._daemon.poll() is None:
            return
        command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "sync_pipeline.definitions"]
        environment = {**os.environ, **self.environment}
        with self.log.open("ab") as log:
            self._daemon = subprocess.Popen(
                command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, kind: Kind, random: Random, writers: Collection[int]) -> bool:
        """SIGKILL of one of that kind, or of everything; whether there was anybody."""
        if kind == Kind.EVERYTHING:
            return self.end()
        victims = [process for process in self._alive() if _is(process, kind, writers)]
        if not victims:
            return False
        _kill(random.choice(sorted(victims, key=lambda process: process.pid)))
        return True

    def end(self) -> bool:
        """SIGKILL of everybody, until nobody is left; whether there was anybody."""
        found = False
        while alive := self._alive():
            found = True
            for process in alive:
                _kill(process)
            if self._daemon is not None:
                self._daemon.wait()  # its parent is this process
            threading.Event().wait(LOOK_SECONDS)
        return found

    def _alive(self) -> list[psutil.Process]:
        """Whoever was started by us, or by somebody who was: the folder in their environment tells."""
        home = self.environment["SYNC_HOME"]
        return [process for process in psutil.process_iter() if _home(process) == home and process.pid != os.getpid()]


def _is(process: psutil.Process, kind: Kind, writers: Collection[int]) -> bool:
    words = _words(process)
    match kind:
        case Kind.DAEMON:
            return "dagster._daemon" in words
        case Kind.CODE_SERVER:
            return "grpc" in words
        case Kind.RUN:
            return "--multiprocessing-fork" in words
        case _:
            return process.pid in writers


def _home(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("SYNC_HOME")
    except psutil.Error:
        return None


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
