"""The schedules, one file each."""

from sync_pipeline.orchestration.schedules.prune import prune
from sync_pipeline.orchestration.schedules.sweep import sweep

__all__ = ["prune", "sweep"]
