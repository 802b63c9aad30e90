"""Reading the sources: prerequisites, then every stream into its snapshot."""

from sync_pipeline.stages.source_snapshot.stage import SnapshotResult, StreamRead, poll_snapshots, take_snapshots

__all__ = ["SnapshotResult", "StreamRead", "poll_snapshots", "take_snapshots"]
