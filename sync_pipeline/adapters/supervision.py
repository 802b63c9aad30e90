"""Programs that belong together: started in order, started again when they end, and ended together without a rest."""

import signal
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sync_pipeline.adapters.programs import Program, how_it_ended, signal_group
from sync_pipeline.domain.errors import SyncError

TICK_SECONDS = 0.1
MOST_RESTARTS = 5
LOOK = "Its own words are above; `sync-pipeline prepare` checks settings and stores."


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. Whoever lives for `steady` has started well; requests under way have five when they are to stop."""

    start: float = 180
    stop: float = 30
    steady: float = 60
    restart: float = 1


@dataclass(slots=True)
class Running:
    """A program that runs, or waits to be started again at `again_at`."""

    program: Program
    process: subprocess.Popen[bytes]
    since: float
    restarts: int = 0
    again_at: float | None = None


@dataclass
class Supervisor:
    """Keeps programs running until this process is told to stop."""

    programs: Sequence[Program]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    patience: Patience = Patience()
    _is_stopping: bool = False
    _running: list[Running] = field(default_factory=list)
    _groups: set[int] = field(default_factory=set)

    def run(self, on_ready: Callable[[], None]) -> None:
        """Until a SIGTERM or SIGINT; whatever ends it, nothing that was started is left.

        Raises:
            SyncError: a program does not start, or ends again and again.
        """
        with self._told_to_stop():
            try:
                for program in self.programs:
                    if not self._is_stopping:
                        self._running.append(Running(program, self._start(program), time.monotonic()))
                        self._wait_until_ready(self._running[-1])
                if not self._is_stopping:
                    on_ready()
                while not self._is_stopping:
                    for one in self._running:
                        self._keep_alive(one)
                    time.sleep(TICK_SECONDS)
            finally:
                self._end_all()

    def _start(self, program: Program) -> subprocess.Popen[bytes]:
        process = program.start(self.environment)
        self._groups.add(process.pid)
        return process

    def _wait_until_ready(self, one: Running) -> None:
        ends_at = time.monotonic() + self.patience.start
        while not self._is_stopping and not one.program.is_ready():
            code = one.process.poll()
            if code is not None:
                raise SyncError(f"The {one.program.name} {how_it_ended(code)} while it started.", LOOK)
            if time.monotonic() > ends_at:
                raise SyncError(f"The {one.program.name} did not start in {self.patience.start:.0f} seconds.", LOOK)
            time.sleep(TICK_SECONDS)

    def _keep_alive(self, one: Running) -> None:
        """Start again what ended: after one second, two, four, …; give up on what does not get steady."""
        now = time.monotonic()
        if one.again_at is not None:
            if now >= one.again_at:
                one.process, one.since, one.again_at = self._start(one.program), now, None
            return
        code = one.process.poll()
        if code is None:
            return
        one.restarts = 0 if now - one.since > self.patience.steady else one.restarts
        if one.restarts == MOST_RESTARTS:
            raise SyncError(f"The {one.program.name} {how_it_ended(code)}, again and again.", LOOK)
        one.again_at = now + self.patience.restart * 2**one.restarts
        one.restarts += 1
        self.say(f"The {one.program.name} {how_it_ended(code)}; it is started again.")
        self._forget_gone_groups()

    def _forget_gone_groups(self) -> None:
        """Their numbers may be given to others."""
        self._groups = {group for group in self._groups if signal_group(group, 0)}

    def _end_all(self) -> None:
        """The newest first, each with what it started; what does not end in time is killed."""
        for one in reversed(self._running):
            if one.process.poll() is None:
                signal_group(one.process.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    one.process.wait(self.patience.stop)
        self._forget_gone_groups()
        for group in self._groups:  # what outlived its program, such as the runs of a code server that crashed
            signal_group(group, signal.SIGTERM)
        ends_at = time.monotonic() + self.patience.stop
        while self._groups and time.monotonic() < ends_at:
            for one in self._running:
                one.process.poll()
            self._forget_gone_groups()
            time.sleep(TICK_SECONDS)
        for group in self._groups:
            signal_group(group, signal.SIGKILL)
            self.say("Something did not end in time and was killed.")
        for one in self._running:
            one.process.wait()

    @contextmanager
    def _told_to_stop(self) -> Generator[None]:
        def told(_number: int, _frame: object) -> None:
            self._is_stopping = True

        before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
