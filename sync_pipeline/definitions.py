"""The composition root: what exists, nothing else."""

import dagster as dg

from sync_pipeline.orchestration.assets import applied_ledger, change_set, reconciliation, source_snapshot
from sync_pipeline.orchestration.jobs import nightly_sync, reconcile
from sync_pipeline.orchestration.prune import prune_job
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.schedules import prune, sweep
from sync_pipeline.orchestration.sensors import customer_registry, due_customers, resume_parked
from sync_pipeline.orchestration.sweep import poll_sweep

defs = dg.Definitions(
    assets=[source_snapshot, change_set, applied_ledger, reconciliation],
    jobs=[nightly_sync, reconcile, poll_sweep, prune_job],
    schedules=[sweep, prune],
    sensors=[customer_registry, due_customers, resume_parked],
    resources={"workplace": WorkplaceResource()},
    executor=dg.in_process_executor,
)
