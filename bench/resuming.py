"""What Dagster does while a benchmark waits for parked runs: it goes on with them, and begins nobody's night."""

import dagster as dg

from sync_pipeline.orchestration.assets import applied_ledger, change_set, reconciliation, source_snapshot
from sync_pipeline.orchestration.jobs import nightly_sync, reconcile
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sensors import customer_registry, resume_parked

defs = dg.Definitions(
    assets=[source_snapshot, change_set, applied_ledger, reconciliation],
    jobs=[nightly_sync, reconcile],
    sensors=[customer_registry, resume_parked],
    resources={"workplace": WorkplaceResource()},
)
