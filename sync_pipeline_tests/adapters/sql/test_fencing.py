"""Fencing: whoever lost the lease changes nothing any more, whatever it still believes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from sync_pipeline.adapters.process import this_process
from sync_pipeline.adapters.sql.cuts import SqlCuts
from sync_pipeline.adapters.sql.runs import SqlRuns
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.domain.lease import LEASE_SECONDS, Lease
from sync_pipeline.domain.operation import SendingBatch
from sync_pipeline.domain.positions import CutRow, ReadSoFar
from sync_pipeline.domain.run import RunStatus, StageFailure
from sync_pipeline_tests.adapters.sql.support import (
    CUSTOMER,
    RUN,
    Worker,
    contents,
    holder_elsewhere,
    operation,
    upto,
)
from sync_pipeline_tests.clock import FakeClock


@dataclass(frozen=True)
class Frozen:
    """A process that stopped in the middle of everything, and what it holds in memory."""

    worker: Worker
    reading: CutRow
    ready: CutRow
    batches: list[SendingBatch]

    @property
    def cuts(self) -> SqlCuts:
        return self.worker.store.cuts

    @property
    def runs(self) -> SqlRuns:
        return self.worker.store.runs

    @property
    def lease(self) -> Lease:
        return self.worker.lease


@pytest.fixture
def frozen(store: StateStore, clock: FakeClock) -> Frozen:
    """A worker with a cut being read, one to be planned, three batches on their way, and something deferred."""
    worker = Worker(store, clock, lease=store.leases.acquire(CUSTOMER, holder_elsewhere()))
    worker.begin_run()
    worker.plan(operation("deferred"))
    worker.sending.defer_planned("an outage")
    worker.plan(*(operation(key) for key in "abcd"))
    batches = [worker.claim(1) for _ in range(3)]
    ready = worker.ready_cut()
    return Frozen(worker, worker.begin_cut("projects"), ready, batches)


# In an order in which each of them has something to do.
WRITES: dict[str, Callable[[Frozen], object]] = {
    "renew": lambda old: old.worker.store.leases.renew(old.lease),
    "begin_cut": lambda old: old.worker.begin_cut(),
    "note_reading": lambda old: old.cuts.note_reading(old.lease, old.reading.cut, ReadSoFar(requests=5, pauses=1)),
    "adopt": lambda old: old.cuts.adopt(old.lease, "run-2", old.reading.cut),
    "finish_read": lambda old: old.cuts.finish_read(
        old.lease, old.reading, proven=True, rows=1, snapshot_cut=old.reading.cut, newest_modified=None
    ),
    "finish_diff": lambda old: old.cuts.finish_diff(
        old.lease, old.reading, ChangeCounts(creates=9), read_position=None, folded=(old.reading.cut, "hash")
    ),
    "plan": lambda old: old.worker.store.planning.plan(old.lease, old.ready, [operation("new")]),
    "finish_planning": lambda old: old.cuts.finish_planning(old.lease, old.ready),
    "move_checkpoints": lambda old: old.worker.store.positions.move_checkpoints(old.lease, RUN),
    "claim": lambda old: old.worker.sending.claim(upto(1)),
    "claim_again": lambda old: old.worker.sending.claim_again(old.batches[0].ids, upto(1)),
    "accepted": lambda old: old.worker.sending.accepted(old.batches[0].ids),
    "dead": lambda old: old.worker.sending.dead(old.batches[1].ids, "400"),
    "planned_again": lambda old: old.worker.sending.planned_again(old.batches[2].ids),
    "retry_deferred": lambda old: old.worker.sending.retry_deferred(),
    "defer_planned": lambda old: old.worker.sending.defer_planned("an outage"),
    "count_deferrals": lambda old: old.worker.sending.count_deferrals(date(2026, 3, 1)),
    "note_failures": lambda old: old.runs.note_failures(
        old.lease, RUN, "dagster-1", [StageFailure("users", "it broke", "mend it")]
    ),
    "finish_slice": lambda old: old.runs.finish_slice(
        old.lease, RUN, "dagster-1", RunStatus.DONE, None, {"status": "done"}
    ),
    "begin_slice": lambda old: old.worker.begin_run("dagster-2"),
}


def test_the_old_holder_changes_nothing_after_a_takeover(frozen: Frozen, clock: FakeClock) -> None:
    store = frozen.worker.store
    clock.advance(seconds=LEASE_SECONDS)
    assert store.leases.acquire(CUSTOMER, this_process())
    before = contents(store)
    stopped = []
    for name, write in WRITES.items():
        try:
            write(frozen)
        except BusyError:
            stopped.append(name)
    assert stopped == list(WRITES)
    assert contents(store) == before


def test_the_holder_changes_something_with_each_of_these_writes(frozen: Frozen, clock: FakeClock) -> None:
    """Without this, a write that never changes anything would pass as fenced."""
    store = frozen.worker.store
    for name, write in WRITES.items():
        clock.advance(seconds=1)
        before = contents(store)
        write(frozen)
        assert contents(store) != before, name
