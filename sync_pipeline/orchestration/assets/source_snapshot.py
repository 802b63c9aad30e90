"""Asset: the source's records as they are now, one Parquet snapshot per stream."""

import asyncio
from collections.abc import Iterator

import dagster as dg

from sync_pipeline.domain.checks import snapshot_complete
from sync_pipeline.domain.errors import BusyError, ParkedError, PausedError, SyncError
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.assets.stage import failure, stage
from sync_pipeline.orchestration.checks import OF_THE_READ, check_result, check_specs, not_read
from sync_pipeline.orchestration.metadata import reading_metadata, snapshot_metadata
from sync_pipeline.orchestration.partitions import customers
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.stages.applied_ledger import finish_without_applying
from sync_pipeline.stages.source_snapshot import take_snapshots


@dg.asset(
    partitions_def=customers,
    output_required=False,
    check_specs=check_specs("source_snapshot", OF_THE_READ),
    group_name="sync",
    kinds={"parquet", "polars"},
    description="Every stream of the customer's sources, read and merged into its snapshot.",
)
def source_snapshot(
    context: dg.AssetExecutionContext, workplace: WorkplaceResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Read all streams. Paused or out of quota: a success without output, so that nothing downstream runs."""
    with stage(context, workplace) as stage_context:
        try:
            result = asyncio.run(take_snapshots(stage_context))
        except PausedError as error:
            finish_without_applying(stage_context, RunStatus.PAUSED, error)
            context.log.warning(str(error))
            yield not_read(context.partition_key, str(error))
            return
        except ParkedError as error:
            report = finish_without_applying(stage_context, RunStatus.PARKED, error)
            context.log.warning(str(error))
            if report.reading:  # without a materialization, the asset's page would show nothing for hours
                context.log_event(
                    dg.AssetObservation(
                        context.asset_key, partition=context.partition_key, metadata=reading_metadata(report)
                    )
                )
            yield not_read(context.partition_key, str(error))
            return
        except BusyError:
            raise
        except SyncError as error:
            finish_without_applying(stage_context, RunStatus.FAILED, error)
            raise failure(error) from None
    rows = sum(read.rows for read in result.reads)
    context.log.info(f"{len(result.reads)} streams read, {rows} rows, {len(result.failed)} streams failed")
    verdict = snapshot_complete(context.partition_key, result.incomplete, result.failed)
    yield dg.MaterializeResult(
        metadata=snapshot_metadata(result), check_results=[check_result(verdict, context.partition_key)]
    )
