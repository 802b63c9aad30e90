"""The sensors, one file each."""

from sync_pipeline.orchestration.sensors.customer_registry import customer_registry
from sync_pipeline.orchestration.sensors.resume_parked import resume_parked

__all__ = ["customer_registry", "resume_parked"]
