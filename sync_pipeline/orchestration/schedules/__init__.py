"""The schedules, one file each."""

from sync_pipeline.orchestration.schedules.fleet_checks import fleet_checks
from sync_pipeline.orchestration.schedules.heartbeat import heartbeat
from sync_pipeline.orchestration.schedules.prune import prune
from sync_pipeline.orchestration.schedules.sweep import sweep

__all__ = ["fleet_checks", "heartbeat", "prune", "sweep"]
