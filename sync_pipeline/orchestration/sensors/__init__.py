"""The sensors, one file each."""

from sync_pipeline.orchestration.sensors.check_alerts import check_alerts
from sync_pipeline.orchestration.sensors.customer_registry import customer_registry
from sync_pipeline.orchestration.sensors.due_customers import due_customers
from sync_pipeline.orchestration.sensors.resume_parked import resume_parked
from sync_pipeline.orchestration.sensors.run_failure_alerts import run_failure_alerts

__all__ = ["check_alerts", "customer_registry", "due_customers", "resume_parked", "run_failure_alerts"]
