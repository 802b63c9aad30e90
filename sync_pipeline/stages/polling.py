"""The stage of a poll: a few streams of one customer, read and compared. Applying is left to a slice of the run.

Virtuous is not asked anything: while it is down, polls go on, and their changes wait.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.errors import BusyError, ParkedError, PausedError, SyncError
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.run import RunStatus, Stage
from sync_pipeline.stages.applied_ledger import finish, finish_without_applying
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.change_set.stage import read_position
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.planning import plan_ready_cuts
from sync_pipeline.stages.source_snapshot import poll_snapshots

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polled:
    """What became of one customer's poll. A status of None: nothing was new, and nothing of it is kept."""

    status: RunStatus | None
    rows: int = 0
    changes: int = 0
    message: str = ""


async def poll(context: StageContext, streams: Collection[str], patience: float) -> Polled:
    """Read and compare these streams; what is new becomes operations, which a slice of this run will send.

    `patience`: how many seconds each source has.

    Raises:
        BusyError: somebody else has the lease now.
    """
    context.runs.note_poll(context.keeper.lease, sorted(streams))
    try:
        read = await poll_snapshots(context, streams, patience)
    except ParkedError as error:
        finish_without_applying(context, RunStatus.PARKED, error)
        return Polled(RunStatus.PARKED, message=error.reason)
    except PausedError as error:
        finish_without_applying(context, RunStatus.PAUSED, error)
        return Polled(RunStatus.PAUSED, message=error.message)
    except BusyError:
        raise
    except SyncError as error:
        finish_without_applying(context, RunStatus.FAILED, error)
        return Polled(RunStatus.FAILED, message=error.message)
    rows = sum(one.rows for one in read.reads)
    # Comparing takes processor time and commits: other customers' answers must not wait for it.
    changes = await asyncio.to_thread(_compare, context)
    if changes == 0 and not read.failed and not read.warnings and _is_all_planned(context):
        context.runs.forget_poll(context.keeper.lease, context.run.run_id)
        log.info("polled", rows=rows, changes=0)
        return Polled(None, rows)
    return await asyncio.to_thread(_close, context, rows, changes, next(iter(read.failed.values()), ""))


def _compare(context: StageContext) -> int:
    """Compare what was read, and plan what differs; answers how many changes that were."""
    for cut in context.cuts.cuts(context.customer.id, [CutState.READ]):
        if cut.run_id == context.run.run_id and _says_nothing_new(context, cut):
            position = context.positions.position(context.customer.id, cut.source, cut.stream)
            moved = read_position(cut, position, context.customer.streams[cut.stream].read.overlap)
            context.cuts.finish_diff(
                context.keeper.lease, cut, ChangeCounts(), read_position=moved, folded=None, nothing_new=True
            )
    found = make_change_sets(context)
    plan_ready_cuts(context)
    context.positions.move_checkpoints(context.keeper.lease, context.run.run_id)
    return sum(one.counts.total for one in found.changes)


def _says_nothing_new(context: StageContext, cut: CutRow) -> bool:
    """Whether the snapshot is the one that was compared last, by the mapping of now; then nothing can differ.

    What failed meanwhile is compared again by the next night. What is held must be held again by whoever covers it.
    """
    customer_id = context.customer.id
    if cut.snapshot_cut is None or cut.snapshot_cut != context.cuts.diffed_snapshot(customer_id, cut.stream):
        return False
    waiting = context.cuts.cuts(customer_id, [CutState.HELD, CutState.APPROVED])
    if any(one.stream == cut.stream for one in waiting):
        return False
    position = context.positions.position(customer_id, cut.source, cut.stream)
    return position.mapping_hash == context.mapping(cut.stream).hash


def _is_all_planned(context: StageContext) -> bool:
    cuts, _, _ = context.cuts.cuts_of_run(context.customer.id, context.run.run_id)
    return all(cut.state in (CutState.PLANNED, CutState.SUPERSEDED) for cut in cuts)


def _close(context: StageContext, rows: int, changes: int, failure: str) -> Polled:
    """Report the poll; with something to send it parks, and goes on at once in a slice of its own."""
    held = any(cut.run_id == context.run.run_id for cut in context.cuts.cuts(context.customer.id, [CutState.HELD]))
    if context.sending.open_operations() and changes:
        status = RunStatus.PARKED
        finish(context, status, context.clock.now(), parked_in=Stage.APPLIED_LEDGER)
    else:
        status = RunStatus.FAILED if failure else RunStatus.HELD if held else RunStatus.DONE
        finish(context, status, None)
    log.info("polled", rows=rows, changes=changes)
    return Polled(status, rows, changes, failure)
