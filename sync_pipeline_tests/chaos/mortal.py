"""One night in a forked process, which may be told to die at a boundary."""

import json
import os
import resource
import signal
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.adapters.process import this_process
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline.ports import LeaseKeeper
from sync_pipeline.settings import load_settings
from sync_pipeline.stages.context import StageContext
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.chaos.boundaries import Passed, nth, watched
from sync_pipeline_tests.chaos.clock import SharedClock
from sync_pipeline_tests.chaos.night import EXIT_BUSY, stages
from sync_pipeline_tests.chaos.swapping import Swap, swapped
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, PatientKeeper


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What one process is to do. `signal_at`: a boundary, and the how-manieth time it is passed."""

    environment: Mapping[str, str]
    clock: str
    report: str
    log: str
    layer: Layer | None = None
    slot: str = "manual"
    signal_at: tuple[str, int] | None = None
    number: int = signal.SIGKILL
    largest_file: int | None = None
    swap: Swap | None = None


class VirtualWorkplace(Workplace):
    """Renews its lease whenever that is asked for: nobody renews from a thread while virtual time leaps."""

    @contextmanager
    def stage(self, customer: Customer, run: Run, dagster_run_id: str) -> Generator[StageContext]:
        keeper = self._keeper(customer.id)
        self.state.runs.begin_slice(keeper.lease, run, dagster_run_id)
        yield self.context(customer, run, dagster_run_id, keeper)

    def _keeper(self, customer_id: str) -> LeaseKeeper:
        if customer_id not in self._keepers:
            lease = self.state.leases.acquire(customer_id, this_process())
            if lease is None:
                raise BusyError("another process has the lease", "wait for it")
            self._leases.callback(self.state.leases.release, lease)
            self._keepers[customer_id] = PatientKeeper(self.state.leases, lease)
        return self._keepers[customer_id]


def live(job: Job) -> int:
    """Run the night of a job; the exit code tells how it ended, unless it did not."""
    descriptor = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, sys.stderr.fileno())
    configure_logs()
    if job.largest_file is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.largest_file, job.largest_file))
    with ExitStack() as stack:
        passed: Passed = lambda _: None  # noqa: E731 - nobody is told
        if job.signal_at is not None:
            passed = nth(*job.signal_at, lambda: os.kill(os.getpid(), job.number))
            stack.enter_context(watched(passed))
        workplace = VirtualWorkplace(load_settings(dict(job.environment)), SharedClock(Path(job.clock)))
        stack.callback(workplace.close)
        if job.swap is not None:
            stack.enter_context(swapped(job.swap, passed))
        try:
            report = stages(workplace, CUSTOMER, job.layer, job.slot)
        except BusyError:
            return EXIT_BUSY
        Path(job.report).write_text(json.dumps(report.as_dict(), default=str))
        return 0 if RunStatus(report.status) == RunStatus.DONE else 1
