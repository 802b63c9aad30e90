"""Asset: what differs from what Virtuous acknowledged."""

import dagster as dg

from sync_pipeline.domain.checks import change_volume
from sync_pipeline.domain.positions import CutState
from sync_pipeline.orchestration.assets.source_snapshot import source_snapshot
from sync_pipeline.orchestration.assets.stage import stage
from sync_pipeline.orchestration.checks import OF_THE_CHANGES, check_result, check_specs
from sync_pipeline.orchestration.metadata import change_set_metadata
from sync_pipeline.orchestration.partitions import customers
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.stages.change_set import make_change_sets


@dg.asset(
    partitions_def=customers,
    deps=[source_snapshot],
    check_specs=check_specs("change_set", OF_THE_CHANGES),
    group_name="sync",
    kinds={"parquet", "duckdb"},
    description="Creates, updates and deletes of the newest snapshots against what Virtuous acknowledged.",
)
def change_set(context: dg.AssetExecutionContext, workplace: WorkplaceResource) -> dg.MaterializeResult:
    """Compare every snapshot that was not compared yet."""
    with stage(context, workplace) as stage_context:
        result = make_change_sets(stage_context)
        held = stage_context.cuts.cuts(context.partition_key, [CutState.HELD])
    total = sum(changes.counts.total for changes in result.changes)
    context.log.info(f"{total} changes in {len(result.changes)} streams, {len(result.failed)} streams failed")
    verdict = change_volume(context.partition_key, total, {cut.cut: cut.held or "" for cut in held})
    return dg.MaterializeResult(
        metadata=change_set_metadata(result), check_results=[check_result(verdict, context.partition_key)]
    )
