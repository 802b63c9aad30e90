"""The job that keeps the disk from filling up: files of customers, then Dagster's own history."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from sync_pipeline.orchestration.pruning_customers import PrunedCustomers, prune_customers
from sync_pipeline.orchestration.pruning_runs import PrunedRuns, prune_runs
from sync_pipeline.orchestration.resources import WorkplaceResource

CUSTOMERS_SECONDS = 40 * 60
RUNS_SECONDS = 20 * 60
"""Deleting a run takes 50 ms on SQLite (measured): 24,000 in this time, where 5,000 customers make 5,000 a night."""
TOLD = 20


@dg.op(out=dg.Out(dg.Nothing), description="Remove what nobody needs any more.")
def prune_everything(context: dg.OpExecutionContext, workplace: WorkplaceResource) -> None:
    """Who is busy or fails is told, and looked at again the next day."""
    opened = workplace.get()
    customers = prune_customers(opened, CUSTOMERS_SECONDS)
    runs = prune_runs(context.instance, opened, RUNS_SECONDS)
    context.log.info(said(customers, runs))
    for customer_id, message in list(customers.failed.items())[:TOLD]:
        context.log.warning(f"{customer_id}: {message}")
    context.add_output_metadata(metadata(customers, runs))


def said(customers: PrunedCustomers, runs: PrunedRuns) -> str:
    left_out = "".join(f", {count} {why}" for why, count in sorted(customers.left_out.items()))
    return (
        f"{len(customers.removals)} customers pruned, {len(customers.failed)} failed{left_out}; "
        f"{customers.files} files, {customers.bytes} bytes; {runs.runs} Dagster runs, {runs.bytes} bytes"
    )


def metadata(customers: PrunedCustomers, runs: PrunedRuns) -> Mapping[str, Any]:
    return {
        "customers": len(customers.removals),
        "failed": sorted(customers.failed)[:TOLD],
        "left_out": dict(customers.left_out),
        "files": customers.files,
        "bytes": customers.bytes,
        "cuts": customers.cuts,
        "dagster_runs": runs.runs,
        "dagster_bytes": runs.bytes,
        "dagster_finished": runs.finished,
    }


@dg.job(
    name="prune",
    executor_def=dg.in_process_executor,
    tags={"dagster/priority": "-1"},  # nights, and what goes on of them, come first in the queue
    description="Files and Dagster runs that nobody needs any more are removed.",
)
def prune_job() -> None:
    prune_everything()
