"""What people are told: problems as long as they last, each change of state once."""

from sync_pipeline.domain.alerts.changes import Change, ChangeKind, OpenAlert, Seen, changes
from sync_pipeline.domain.alerts.problem import FLEET, Problem, Subject

__all__ = ["FLEET", "Change", "ChangeKind", "OpenAlert", "Problem", "Seen", "Subject", "changes"]
