"""Dagster's daemon, the code server and the processes of runs; killed one by one, by their ids."""

import os
import subprocess
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from random import Random

import psutil

from sync_pipeline.adapters.programs import Program, free_port
from sync_pipeline.orchestration.stack import LOOPBACK, programs
from sync_pipeline_tests.chaos.restart.organizations import REPOSITORY

LOOK_SECONDS = 0.1
CODE_SERVER = "sync_pipeline.orchestration.code_server"


class Kind(StrEnum):
    """Who is killed. A writer is a run that holds its customer; other runs may just begin, or be about to end."""

    DAEMON = "daemon"
    CODE_SERVER = "code_server"
    FORK_SERVER = "fork_server"
    RUN = "run"
    WRITER = "writer"
    EVERYTHING = "everything"


class Machinery:
    """Code server and daemon, as `sync-pipeline stack` starts them."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        home = Path(environment["DAGSTER_HOME"])
        everything = programs(home, LOOPBACK, free_port(LOOPBACK), free_port(LOOPBACK))
        self._programs = [program for program in everything if program.name != "webserver"]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start whatever does not run, in its order: whoever supervises processes does so."""
        for program in self._programs:
            running = self._running.get(program.name)
            if running is None or running.poll() is not None:
                self._running[program.name] = self._started(program)
            while not program.is_ready():
                threading.Event().wait(LOOK_SECONDS)

    def _started(self, program: Program) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self._environment}
        with self._log.open("ab") as log:
            return subprocess.Popen(
                program.command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True
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
            for running in self._running.values():
                running.wait()  # its parent is this process
            threading.Event().wait(LOOK_SECONDS)
        return found

    def _alive(self) -> list[psutil.Process]:
        """Whoever was started by us, or by somebody who was: the folder in their environment tells."""
        home = self._environment["SYNC_HOME"]
        return [process for process in psutil.process_iter() if _home(process) == home and process.pid != os.getpid()]


def _is(process: psutil.Process, kind: Kind, writers: Collection[int]) -> bool:
    words = _words(process)
    match kind:
        case Kind.DAEMON:
            return "dagster._daemon" in words
        case Kind.CODE_SERVER:
            return CODE_SERVER in words
        case Kind.FORK_SERVER:
            return _is_forked(words) and CODE_SERVER in _words_of_parent(process)
        case Kind.RUN:
            return _is_forked(words) and CODE_SERVER not in _words_of_parent(process)
        case _:
            return process.pid in writers


def _is_forked(words: Sequence[str]) -> bool:
    """The fork server's words are also those of its runs."""
    return any("multiprocessing.forkserver" in word for word in words)


def _words_of_parent(process: psutil.Process) -> list[str]:
    try:
        parent = process.parent()
    except psutil.Error:
        return []
    return [] if parent is None else _words(parent)


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
