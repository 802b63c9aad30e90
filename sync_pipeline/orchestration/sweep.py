"""The sweep: one Dagster run polls every customer whose moment has come, many at the same time."""

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import dagster as dg
import structlog
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.defect import describe
from sync_pipeline.domain.errors import BusyError, SyncError
from sync_pipeline.domain.polls import DuePoll, due_polls
from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.stages.polling import Polled, poll
from sync_pipeline.workplace import Workplace

log = structlog.get_logger()

AT_ONCE = 32
"""Customers that are polled at the same time: most of a poll is waiting for an answer."""
SWEEP_SECONDS = 240
"""Nobody's poll begins later than this: who is left is due in the next sweep as well."""
PATIENCE_SECONDS = 90.0
"""For each source, longer than a poll takes before it parks: a silent one must not keep the next sweep waiting."""
LONGEST_SECONDS = 600
"""A sweep whose process was killed looks as if it were at work: Dagster ends it then, and the next one begins."""
TOLD = 20
NOTHING_NEW = "nothing new"
BUSY = "busy"
ERROR = "error"


@dataclass(slots=True)
class Sweep:
    """What one sweep did. `outcomes` by status; `told` names some of those that did not go well, by id."""

    outcomes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    told: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    changes: int = 0

    def add(self, customer_id: str, polled: Polled) -> None:
        outcome = NOTHING_NEW if polled.status is None else polled.status.value
        self.rows += polled.rows
        self.changes += polled.changes
        self.note(outcome, customer_id, polled.message if polled.status != RunStatus.PARKED else "")

    def note(self, outcome: str, customer_id: str, message: str) -> None:
        self.outcomes[outcome] += 1
        if message and len(self.told) < TOLD:
            self.told[customer_id] = message

    @property
    def said(self) -> str:
        counts = ", ".join(f"{count} {what}" for what, count in sorted(self.outcomes.items()))
        left_out = ", ".join(f"{count} {why}" for why, count in sorted(self.left_out.items()))
        return f"{counts or 'nobody was due'}{f'; left out: {left_out}' if left_out else ''}"


async def sweep(workplace: Workplace, dagster_run_id: str, patience: float = PATIENCE_SECONDS) -> Sweep:
    """Poll everybody who is due; the trouble of one customer is told and is nobody else's."""
    done = Sweep()
    due, done.left_out = _due(workplace)
    ends_at = workplace.clock.monotonic() + SWEEP_SECONDS
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(entry: DuePoll) -> None:
        async with gate:
            if workplace.stop.is_requested or workplace.clock.monotonic() >= ends_at:
                done.left_out["until the next sweep"] += 1
                return
            if not (streams := _readable(workplace, entry)):
                done.left_out["until a platform is back"] += 1
                return
            try:
                done.add(entry.customer.id, await _poll(workplace, entry.customer, streams, dagster_run_id, patience))
            except BusyError:
                done.note(BUSY, entry.customer.id, "")
            except SyncError as error:
                done.note(ERROR, entry.customer.id, error.message)
            except Exception as error:  # noqa: BLE001 - one's trouble is nobody else's
                log.error("poll_failed", customer=entry.customer.id, defect=describe(error))  # noqa: TRY400 - no traceback
                done.note(ERROR, entry.customer.id, f"a defect: {type(error).__name__}")

    await asyncio.gather(*(one(entry) for entry in due))
    return done


def _due(workplace: Workplace) -> tuple[list[DuePoll], Counter[str]]:
    now = workplace.clock.now()
    customers = list(workplace.fleet().customers.values())
    facts = workplace.state.fleet.facts(())
    return due_polls(customers, facts, workplace.state.fleet.polled(), now)


def _readable(workplace: Workplace, entry: DuePoll) -> tuple[str, ...]:
    """The streams whose platforms are up, or may be tried by this customer now."""
    customer = entry.customer
    platforms = {stream: customer.sources[customer.streams[stream].source].platform for stream in entry.streams}
    up = {name for name in set(platforms.values()) if workplace.state.platforms.hold_back(name, customer.id) is None}
    return tuple(stream for stream, platform in platforms.items() if platform in up)


async def _poll(
    workplace: Workplace, customer: Customer, streams: Collection[str], dagster_run_id: str, patience: float
) -> Polled:
    run = new_run(workplace, customer, Layer.POLL, f"{workplace.clock.now():%Y-%m-%dT%H:%M}")
    # Each has a slice of its own: they share the Dagster run, and a slice is looked up by that.
    with workplace.polling(customer, run, f"{dagster_run_id}:{customer.id}") as context:
        return await poll(context, streams, patience)


@dg.op(out=dg.Out(dg.Nothing), description="Poll every customer whose moment has come.")
def poll_everybody(context: dg.OpExecutionContext, workplace: WorkplaceResource) -> None:
    """What is new is stored and planned; `resume_parked` requests the runs that send it."""
    done = asyncio.run(sweep(workplace.get(), context.run_id))
    context.log.info(done.said)
    for customer_id, message in done.told.items():
        context.log.warning(f"{customer_id}: {message}")
    context.add_output_metadata(
        {
            **{f"polled_{outcome.replace(' ', '_')}": count for outcome, count in sorted(done.outcomes.items())},
            "rows": done.rows,
            "changes": done.changes,
            "left_out": dict(done.left_out),
        }
    )


@dg.job(
    executor_def=dg.in_process_executor,
    tags={MAX_RUNTIME_SECONDS_TAG: str(LONGEST_SECONDS)},
    description="All due customers polled in one run; nothing is sent.",
)
def poll_sweep() -> None:
    poll_everybody()
