"""The composition root: what exists, nothing else."""

import dagster as dg

from sync_pipeline.orchestration.assets import applied_ledger, change_set, reconciliation, source_snapshot
from sync_pipeline.orchestration.fleet_checks import fleet_checks, fleet_checks_job
from sync_pipeline.orchestration.jobs import nightly_sync, reconcile
from sync_pipeline.orchestration.prune import prune_job
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.schedules import fleet_checks as fleet_checks_schedule
from sync_pipeline.orchestration.schedules import heartbeat, prune, sweep
from sync_pipeline.orchestration.sensors import (
    check_alerts,
    customer_registry,
    due_customers,
    resume_parked,
    run_failure_alerts,
)
from sync_pipeline.orchestration.sweep import poll_sweep

defs = dg.Definitions(
    assets=[source_snapshot, change_set, applied_ledger, reconciliation],
    asset_checks=[fleet_checks],
    jobs=[nightly_sync, reconcile, poll_sweep, prune_job, fleet_checks_job],
    schedules=[sweep, prune, heartbeat, fleet_checks_schedule],
    sensors=[customer_registry, due_customers, resume_parked, check_alerts, run_failure_alerts],
    resources={"workplace": WorkplaceResource()},
    executor=dg.in_process_executor,
)
