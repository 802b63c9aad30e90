"""The assets of a customer's run, one file per stage."""

from sync_pipeline.orchestration.assets.applied_ledger import applied_ledger
from sync_pipeline.orchestration.assets.change_set import change_set
from sync_pipeline.orchestration.assets.reconciliation import reconciliation
from sync_pipeline.orchestration.assets.source_snapshot import source_snapshot

__all__ = ["applied_ledger", "change_set", "reconciliation", "source_snapshot"]
