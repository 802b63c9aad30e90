"""The sensors, one file each."""

from sync_pipeline.orchestration.sensors.customer_registry import customer_registry

__all__ = ["customer_registry"]
