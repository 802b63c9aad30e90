"""Reconciling: what Virtuous accepted is confirmed by reading it back, and what differs is told and corrected."""

from sync_pipeline.stages.reconciliation.stage import reconcile_ledger

__all__ = ["reconcile_ledger"]
