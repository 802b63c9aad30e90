"""Asset: the changes as Virtuous has them, operation by operation, and the run's report."""

import asyncio
from collections.abc import Iterator

import dagster as dg

from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.assets.change_set import change_set
from sync_pipeline.orchestration.assets.stage import run_failure, stage
from sync_pipeline.orchestration.checks import OF_THE_RUN, check_specs, run_checks
from sync_pipeline.orchestration.metadata import ledger_metadata, page_metadata
from sync_pipeline.orchestration.partitions import customers
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.stages.applied_ledger import apply_ledger


@dg.asset(
    partitions_def=customers,
    deps=[change_set],
    check_specs=check_specs("applied_ledger", OF_THE_RUN),
    group_name="sync",
    kinds={"sqlite", "postgres"},
    description="Every change accounted for: accepted, deferred, waiting, or a dead letter for a person.",
)
def applied_ledger(context: dg.AssetExecutionContext, workplace: WorkplaceResource) -> Iterator[dg.MaterializeResult]:
    """Send what is planned. It always materializes; a run in which a stream failed fails after that."""
    with stage(context, workplace) as stage_context:
        report = asyncio.run(apply_ledger(stage_context))
        remaining = stage_context.sending.counts()
        checked = list(run_checks(report, workplace.get().earlier_runs(report), remaining))
        page = page_metadata(stage_context)
    context.log.info(
        f"{report.status}: {report.successes} delivered, {report.failures} failed, {report.deferred} deferred, "
        f"{report.pending} pending, {report.carried} carried over from earlier runs"
    )
    yield dg.MaterializeResult(metadata=ledger_metadata(report, remaining) | page, check_results=checked)
    if report.status == RunStatus.FAILED:
        raise run_failure(report)
