"""Comparing the snapshots with what Virtuous acknowledged; the differences become durable change sets."""

from sync_pipeline.stages.change_set.stage import ChangeSetResult, StreamChanges, make_change_sets

__all__ = ["ChangeSetResult", "StreamChanges", "make_change_sets"]
