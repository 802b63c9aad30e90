"""Programs that belong together: with real processes, however one of them or their keeper ends."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sync_pipeline.adapters.programs import Program, free_port, is_free
from sync_pipeline.adapters.supervision import Patience, Supervisor
from sync_pipeline.domain.errors import SyncError

LOOPBACK = "127.0.0.1"
MARK = "SYNC_TEST_OF_SUPERVISION"
QUICK = Patience(start=20, stop=2, steady=30, restart=0.01)
SLEEP = "import time; time.sleep(60)"
WITH_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"
LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {LISTEN}"
KEEPER = """
import os, sys
from sync_pipeline.adapters.programs import Program
from sync_pipeline.adapters.supervision import Supervisor
program = Program("sleeper", (sys.executable, "-c", "import time; time.sleep(60)"))
Supervisor([program], os.environ, print).run(lambda: print("ready", flush=True))
"""


class Watched:
    """A supervisor whose programs are found by their environment."""

    def __init__(self, mark: str, *programs: Program, patience: Patience = QUICK) -> None:
        self.mark = mark
        self.said: list[str] = []
        self.supervisor = Supervisor(programs, {**os.environ, MARK: mark}, self.said.append, patience)

    def run_until(self, reached: Callable[[], bool]) -> None:
        """Send ourselves SIGTERM once that is so, unless it has ended by itself."""
        ended = threading.Event()

        def stop_when_reached() -> None:
            wait_until(lambda: reached() or ended.is_set())
            if not ended.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=stop_when_reached)
        thread.start()
        try:
            self.supervisor.run(lambda: self.said.append("ready"))
        finally:
            ended.set()
            thread.join()

    @property
    def processes(self) -> list[psutil.Process]:
        return processes_marked(MARK, self.mark)


def processes_marked(name: str, value: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(name) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_until(reached: Callable[[], bool], seconds: float = 20) -> None:
    ends_at = time.monotonic() + seconds
    while not reached() and time.monotonic() < ends_at:
        time.sleep(0.02)


def python(name: str, code: str, *words: str, port: int | None = None) -> Program:
    return Program(name, (sys.executable, "-c", code, *words), None if port is None else (LOOPBACK, port))


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return str(tmp_path)


def test_they_start_in_order_and_all_end_with_what_they_started(mark: str) -> None:
    port = free_port(LOOPBACK)
    watched = Watched(mark, python("server", LISTEN, str(port), port=port), python("parent", WITH_A_CHILD))
    watched.run_until(lambda: len(watched.processes) == 3)
    assert watched.said == ["ready"]
    assert watched.processes == []
    assert is_free(LOOPBACK, port)


def test_what_ends_is_started_again_and_the_others_go_on(mark: str, tmp_path: Path) -> None:
    once = f"""
        import pathlib, sys, time
        first = pathlib.Path({str(tmp_path / "first")!r})
        if not first.exists():
            first.touch()
            sys.exit(7)
        pathlib.Path({str(tmp_path / "again")!r}).touch()
        time.sleep(60)
    """
    watched = Watched(mark, python("sleeper", SLEEP), python("worker", textwrap.dedent(once)))
    watched.run_until((tmp_path / "again").exists)
    assert watched.said == ["ready", "The worker ended with exit code 7; it is started again."]
    assert watched.processes == []


def test_who_never_gets_steady_ends_everything_with_its_name(mark: str) -> None:
    watched = Watched(mark, python("sleeper", SLEEP), python("worker", "import sys; sys.exit(7)"))
    with pytest.raises(SyncError, match="The worker ended with exit code 7, again and again"):
        watched.run_until(lambda: False)
    assert len(watched.said) == 6
    assert watched.processes == []


def test_who_ends_before_it_takes_connections_ends_everything(mark: str) -> None:
    port = free_port(LOOPBACK)
    watched = Watched(mark, python("sleeper", SLEEP), python("server", "import sys; sys.exit(3)", port=port))
    with pytest.raises(SyncError, match="The server ended with exit code 3 while it started") as caught:
        watched.run_until(lambda: False)
    assert "sync-pipeline prepare" in caught.value.remedy
    assert watched.processes == []


def test_who_takes_no_connections_in_time_ends_everything(mark: str) -> None:
    watched = Watched(mark, python("server", SLEEP, port=free_port(LOOPBACK)), patience=Patience(start=0.3, stop=2))
    with pytest.raises(SyncError, match="did not start in 0 seconds"):
        watched.run_until(lambda: False)
    assert watched.processes == []


def test_being_told_to_stop_while_they_start_is_no_failure(mark: str) -> None:
    watched = Watched(mark, python("server", SLEEP, port=free_port(LOOPBACK)), python("sleeper", SLEEP))
    watched.run_until(lambda: len(watched.processes) == 1)
    assert watched.said == []
    assert watched.processes == []


def test_who_does_not_listen_to_sigterm_is_killed(mark: str) -> None:
    port = free_port(LOOPBACK)
    watched = Watched(mark, python("stubborn", STUBBORN, str(port), port=port), patience=Patience(stop=0.3))
    watched.run_until(lambda: "ready" in watched.said)
    assert watched.said == ["ready", "Something did not end in time and was killed."]
    assert watched.processes == []


def test_the_handlers_of_signals_are_as_they_were(mark: str) -> None:
    before = signal.getsignal(signal.SIGTERM)
    watched = Watched(mark, python("sleeper", SLEEP))
    watched.run_until(lambda: "ready" in watched.said)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_who_kept_them_is_killed_and_nothing_is_left(mark: str) -> None:
    environment = {**os.environ, MARK: mark}
    with subprocess.Popen([sys.executable, "-c", KEEPER], env=environment, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"ready\n"
        assert len(processes_marked(MARK, mark)) == 2
        keeper.kill()
    wait_until(lambda: not processes_marked(MARK, mark))
    assert processes_marked(MARK, mark) == []
