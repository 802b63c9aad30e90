"""What `prepare` does and answers."""

from typing import Any

from sqlalchemy.engine import make_url

from sync_pipeline.adapters.otlp import require_extra
from sync_pipeline.adapters.sql.database import HEAD_REVISION, without_password
from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.workplace import Workplace


def prepare_document() -> dict[str, Any]:
    """Whose stores they are and where, passwords left out; and how many customers can be synced.

    Raises:
        ConfigurationError: a store cannot be opened, is another region's, there is no folder of customers, or the extra
            `otel` is missing.
    """
    workplace = Workplace()
    settings = workplace.settings
    require_extra(settings.otlp_endpoint)
    try:
        fleet = workplace.fleet()
        _ = workplace.state, workplace.snapshots
        with opened_instance(workplace) as instance:
            storage = type(instance.run_storage).__name__
    finally:
        workplace.close()
    return {
        "region": settings.region,
        "customers": len(fleet.customers),
        "broken": sorted(fleet.broken),
        "state_store": without_password(make_url(settings.database_url)),
        "schema": HEAD_REVISION,
        "data_folder": str(settings.data_folder),
        "dagster_home": str(settings.dagster_home),
        "dagster_storage": storage,
    }
