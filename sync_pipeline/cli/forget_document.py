"""What `customers forget` does and answers: counts."""

from typing import Any

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.cli.pause_documents import person
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.orchestration.forgetting import forget_customer
from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.workplace import Workplace


def forgotten(customer_id: str, reason: str, *, dry_run: bool) -> dict[str, Any]:
    """What was removed, or would be; all of it is 0 where nothing was left.

    Raises:
        ConfigurationError: the customer has a file or never was, or no reason is given.
        BusyError: somebody is at work on the customer.
    """
    configure_logs()
    if not reason.strip():
        raise ConfigurationError("The reason is empty.", "Write --reason 'agreement ended, ticket 123' or the like.")
    workplace = Workplace()
    try:
        with opened_instance(workplace) as instance:
            done = forget_customer(workplace, instance, customer_id, reason, person(), dry_run=dry_run)
        return {
            "customer_id": customer_id,
            "dry_run": dry_run,
            "files": done.kept.files,
            "bytes": done.kept.bytes,
            "rows": dict(done.kept.rows),
            "dagster_runs": done.dagster_runs,
        }
    finally:
        workplace.close()
