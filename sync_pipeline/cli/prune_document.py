"""What `prune` does and answers: ids, counts and bytes."""

import math
from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.orchestration.pruning_customers import prune_customers
from sync_pipeline.orchestration.pruning_runs import prune_runs
from sync_pipeline.workplace import Workplace


def pruned(*, dry_run: bool) -> dict[str, Any]:
    """Prune everything, however long it takes; the customers who gave most come first.

    Raises:
        ConfigurationError: the customers' folder or Dagster's cannot be used.
    """
    configure_logs()
    workplace = Workplace()
    try:
        customers = prune_customers(workplace, math.inf, dry_run=dry_run)
        with opened_instance(workplace) as instance:
            runs = prune_runs(instance, workplace, math.inf, dry_run=dry_run)
        entries = [
            {
                "customer_id": removal.customer_id,
                "files": removal.count,
                "bytes": removal.bytes,
                "cuts": len(removal.cuts),
            }
            for removal in customers.removals
        ]
        return {
            "dry_run": dry_run,
            "customers": sorted(entries, key=lambda entry: (-entry["bytes"], entry["customer_id"])),
            "left_out": dict(customers.left_out),
            "failed": customers.failed,
            "files": customers.files,
            "bytes": customers.bytes,
            "dagster_runs": runs.runs,
            "dagster_bytes": runs.bytes,
        }
    finally:
        workplace.close()
