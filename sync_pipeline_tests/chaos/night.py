"""One slice of a customer, without the 3 s that Dagster takes to start."""

import asyncio
import json
import sys
import uuid

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.domain.errors import BusyError, ParkedError, PausedError, SyncError
from sync_pipeline.domain.report import RunReport, exit_code
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline.stages.applied_ledger import apply_ledger, finish_without_applying
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.stages.reconciliation import reconcile_ledger
from sync_pipeline.stages.source_snapshot import take_snapshots
from sync_pipeline.workplace import Workplace

EXIT_BUSY = 4
ENDINGS = {PausedError: RunStatus.PAUSED, ParkedError: RunStatus.PARKED}


def run_slice(customer_id: str) -> int:
    """Print the run report; answers the exit code that `sync-pipeline run` would have."""
    configure_logs()
    workplace = Workplace()
    try:
        report = stages(workplace, customer_id)
        sys.stdout.write(json.dumps(report.as_dict(), default=str) + "\n")
        return exit_code(RunStatus(report.status), workplace.state.ledger_counts(customer_id))
    except BusyError:
        return EXIT_BUSY
    finally:
        workplace.close()


def stages(workplace: Workplace, customer_id: str, layer: Layer | None = None, slot: str = "manual") -> RunReport:
    """The three assets, each with a context of its own as in Dagster."""
    customer = workplace.customer(customer_id)
    layer = layer or next_layer(customer, workplace.state.positions)
    run = Run(customer_id, f"{layer.value}-{uuid.uuid4().hex}", layer, slot)
    with workplace.stage(customer, run, run.run_id) as context:
        try:
            asyncio.run(take_snapshots(context))
        except BusyError:
            raise
        except SyncError as error:
            return finish_without_applying(context, ENDINGS.get(type(error), RunStatus.FAILED), error)
    with workplace.stage(customer, run, run.run_id) as context:
        make_change_sets(context)
    with workplace.stage(customer, run, run.run_id) as context:
        work = reconcile_ledger if layer is Layer.RECONCILE else apply_ledger
        return asyncio.run(work(context))
