"""The sensors, one file each."""

from sync_pipeline.orchestration.sensors.customer_registry import customer_registry
from sync_pipeline.orchestration.sensors.due_customers import due_customers
from sync_pipeline.orchestration.sensors.resume_parked import resume_parked

__all__ = ["customer_registry", "due_customers", "resume_parked"]
