"""Telling people: what changed since the last look is written down, put into messages, and sent."""

from sync_pipeline.stages.alerting.sending import send_due
from sync_pipeline.stages.alerting.telling import Audience, tell

__all__ = ["Audience", "send_due", "tell"]
