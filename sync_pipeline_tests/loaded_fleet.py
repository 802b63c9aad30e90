"""A fleet whose initial loads are over, as far as Virtuous is not needed for them; benchmarks start with it too."""

import asyncio

from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.sweep import AT_ONCE
from sync_pipeline.stages.applied_ledger import finish
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.planning import plan_ready_cuts
from sync_pipeline.stages.source_snapshot import poll_snapshots
from sync_pipeline.workplace import Workplace


async def load_everybody(workplace: Workplace) -> None:
    """Every customer's streams are read, compared and planned, and nothing of it is sent."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def load(customer_id: str) -> None:
        async with gate:
            customer = workplace.customer(customer_id)
            run = new_run(workplace, customer, Layer.INITIAL)
            with workplace.polling(customer, run, run.run_id) as context:
                await poll_snapshots(context, customer.streams)
                make_change_sets(context)
                plan_ready_cuts(context)
                finish(context, RunStatus.DONE, None)

    await asyncio.gather(*map(load, workplace.fleet().customers))
