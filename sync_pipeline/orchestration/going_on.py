"""How a run of ours goes on in Dagster: which job works on it, and with which of its assets."""

from collections.abc import Sequence

import dagster as dg

from sync_pipeline.domain.run import Layer, ParkedRun, Run, Stage

JOB = "nightly_sync"
JOBS = {Layer.RECONCILE: "reconcile"}
LAST_ASSET = "applied_ledger"
LAST_ASSETS = {Layer.RECONCILE: "reconciliation"}


def job_of(run: Run) -> str:
    return JOBS.get(run.layer, JOB)


def assets_left(parked: ParkedRun) -> Sequence[dg.AssetKey] | None:
    """What is left to materialize, None for everything: what was read and compared need not be read once more."""
    if parked.stage is Stage.SOURCE_SNAPSHOT:
        return None
    return [dg.AssetKey(LAST_ASSETS.get(parked.run.layer, LAST_ASSET))]
