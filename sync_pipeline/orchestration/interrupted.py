"""Runs whose process was killed go on. Dagster would notice after a day, and keep their customers out until then."""

import dagster as dg
import structlog

from sync_pipeline.adapters.process import this_process
from sync_pipeline.orchestration.stale_runs import end_stale_runs
from sync_pipeline.workplace import Workplace

log = structlog.get_logger()


def park_interrupted(instance: dg.DagsterInstance, workplace: Workplace) -> None:
    """Park each run of a slot on which nobody works any more, and end its Dagster run.

    Taking the lease is the proof that nobody does; it is given back at once, to be taken by the slice that goes on.
    """
    state = workplace.state
    for run in state.interrupted.at_work():
        lease = state.leases.acquire(run.customer_id, this_process())
        if lease is None:
            continue
        try:
            ended = state.interrupted.park(lease, run.run_id)
        finally:
            state.leases.release(lease)
        end_stale_runs(instance, ended)
        log.warning("run_interrupted", customer=run.customer_id, run=run.run_id)
