"""Asset: what differs from what Virtuous acknowledged."""

import dagster as dg

from sync_pipeline.orchestration.assets.source_snapshot import source_snapshot
from sync_pipeline.orchestration.assets.stage import stage
from sync_pipeline.orchestration.metadata import change_set_metadata
from sync_pipeline.orchestration.partitions import customers
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.stages.change_set import make_change_sets


@dg.asset(
    partitions_def=customers,
    deps=[source_snapshot],
    group_name="sync",
    kinds={"parquet", "duckdb"},
    description="Creates, updates and deletes of the newest snapshots against what Virtuous acknowledged.",
)
def change_set(context: dg.AssetExecutionContext, workplace: WorkplaceResource) -> dg.MaterializeResult:
    """Compare every snapshot that was not compared yet."""
    with stage(context, workplace) as stage_context:
        result = make_change_sets(stage_context)
    total = sum(changes.counts.total for changes in result.changes)
    context.log.info(f"{total} changes in {len(result.changes)} streams, {len(result.failed)} streams failed")
    return dg.MaterializeResult(metadata=change_set_metadata(result))
