"""What Dagster keeps of a run beside the rows that `delete_run` deletes (dagster 1.13.27): all of it stays for ever."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal")


def delete_run(instance: dg.DagsterInstance, dagster_run_id: str) -> int:
    """Delete a run with all that is kept of it, except for its check results; answers the bytes of its files.

    Its row goes last of all that belongs to it, except for its file of events: one that a killed process left is found
    by having no run.
    """
    size = delete_logs(instance, dagster_run_id)
    instance.event_log_storage.delete_events(dagster_run_id)
    instance.delete_run(dagster_run_id)
    return size + delete_events_file(instance, dagster_run_id)


def delete_logs(instance: dg.DagsterInstance, dagster_run_id: str) -> int:
    """Delete what the run wrote to stdout and stderr; answers the bytes, 0 where they lie on another machine."""
    manager = instance.compute_log_manager
    size = 0
    if isinstance(manager, LocalComputeLogManager):
        folder = Path(manager.get_captured_local_path([dagster_run_id, "-"], "-")).parent
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    manager.delete_logs(prefix=[dagster_run_id])
    return size


def delete_check_results(instance: dg.DagsterInstance, dagster_run_ids: Sequence[str]) -> None:
    """Each check of each run is a row with its whole evaluation; the table has no index for runs, so many at once."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            connection.execute(
                AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id.in_(dagster_run_ids))
            )


def delete_events_file(instance: dg.DagsterInstance, dagster_run_id: str) -> int:
    """On SQLite each run has a database of its own, which `delete_run` only empties; answers its bytes."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        return 0
    size = 0
    for suffix in BESIDE_A_DATABASE:
        path = Path(storage.path_for_shard(dagster_run_id) + suffix)
        if path.is_file():
            size += path.stat().st_size
            path.unlink()
    return size


def runs_with_events_file(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    """The runs whose database was last written before that moment."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        return
    index = Path(storage.path_for_shard(INDEX_SHARD_NAME))
    for entry in os.scandir(index.parent):
        path = Path(entry.path)
        if path.suffix == index.suffix and path != index and entry.stat().st_mtime < before.timestamp():
            yield path.stem
