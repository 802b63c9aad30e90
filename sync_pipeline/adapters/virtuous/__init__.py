"""Virtuous CRM+ over HTTP: one request in, one Answer out; what it means for an operation is decided elsewhere."""

from sync_pipeline.adapters.virtuous.client import REQUEST_TIMEOUT_SECONDS, VirtuousClient

__all__ = ["REQUEST_TIMEOUT_SECONDS", "VirtuousClient"]
