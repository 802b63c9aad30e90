"""Sending what is planned to Virtuous, and settling what became of it."""

from sync_pipeline.stages.applied_ledger.stage import apply_ledger, finish, finish_without_applying

__all__ = ["apply_ledger", "finish", "finish_without_applying"]
