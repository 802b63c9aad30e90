"""Asset: what Virtuous really shows, compared with what it accepted and with what the sources say."""

import asyncio
from collections.abc import Iterator

import dagster as dg

from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.assets.change_set import change_set
from sync_pipeline.orchestration.assets.stage import run_failure, stage
from sync_pipeline.orchestration.checks import OF_THE_RUN, check_specs, run_checks
from sync_pipeline.orchestration.metadata import ledger_metadata, page_metadata, reconciliation_metadata
from sync_pipeline.orchestration.partitions import customers
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.stages.reconciliation import reconcile_ledger


@dg.asset(
    partitions_def=customers,
    deps=[change_set],
    check_specs=check_specs("reconciliation", OF_THE_RUN),
    group_name="sync",
    kinds={"sqlite", "postgres"},
    description="What Virtuous accepted, confirmed by reading it back; what differs is told by whose it is.",
)
def reconciliation(context: dg.AssetExecutionContext, workplace: WorkplaceResource) -> Iterator[dg.MaterializeResult]:
    """Deliver, confirm, compare, correct. It always materializes; a run in which a stream failed fails after that."""
    with stage(context, workplace) as stage_context:
        report = asyncio.run(reconcile_ledger(stage_context))
        remaining = stage_context.sending.counts()
        checked = list(run_checks(report, workplace.get().earlier_runs(report), remaining))
        page = page_metadata(stage_context)
    account = report.reconciliation
    context.log.info(
        f"{report.status}: {report.successes} delivered, {account.get('confirmed', 0)} confirmed, "
        f"{account.get('unconfirmed', 0)} still to be seen, {account.get('corrected', 0)} corrected"
    )
    metadata = ledger_metadata(report, remaining) | reconciliation_metadata(report) | page
    yield dg.MaterializeResult(metadata=metadata, check_results=checked)
    if report.status == RunStatus.FAILED:
        raise run_failure(report)
