"""The schedules, one file each."""

from sync_pipeline.orchestration.schedules.sweep import sweep

__all__ = ["sweep"]
