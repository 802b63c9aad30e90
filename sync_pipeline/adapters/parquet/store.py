"""The Parquet store: implements ports.SnapshotStore."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.adapters.parquet.candidates import candidate_frames, refuse_reserved, write_candidates
from sync_pipeline.adapters.parquet.change_set_writer import ParquetChangeSetWriter
from sync_pipeline.adapters.parquet.column_names import logical, source_columns
from sync_pipeline.adapters.parquet.comparison import Comparison
from sync_pipeline.adapters.parquet.customer_files import files_and_bytes, remove_customer
from sync_pipeline.adapters.parquet.cut_writer import ParquetCutWriter
from sync_pipeline.adapters.parquet.durable import fresh_folder, publish_link, remove_folder
from sync_pipeline.adapters.parquet.engine import Limits, database, hash_scheme
from sync_pipeline.adapters.parquet.fold import write_index
from sync_pipeline.adapters.parquet.frames import column_names, frames, row_count, scan
from sync_pipeline.adapters.parquet.journal import FileJournal
from sync_pipeline.adapters.parquet.layout import Kind, StreamFiles
from sync_pipeline.adapters.parquet.lookup import keys_where, rows_of_keys
from sync_pipeline.adapters.parquet.record_lookup import acknowledged_of, change_of_key, nearest_keys
from sync_pipeline.adapters.parquet.snapshots import merge
from sync_pipeline.adapters.parquet.stored import remove_files, stored_files
from sync_pipeline.domain.cut import KEY_COLUMN, StreamName
from sync_pipeline.domain.cut_history import StoredFile
from sync_pipeline.domain.diff import DiffRequest
from sync_pipeline.ports import Clock

CHANGES_PER_FRAME = 10_000


class ParquetStore:
    """Files under `root`: customer=…/stream=…/{snapshots,deltas,change_sets,acknowledged}/<cut>.parquet.

    Beside them reading/<cut>.jsonl, while a read is not over. Every other file is written under a hidden name, fsynced
    and renamed. One process at a time works on a stream: the lease of its customer sees to that.
    """

    def __init__(self, root: Path, memory_limit_mb: int = 700, threads: int = 2, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or SystemClock()
        self._limits = Limits(memory_limit_mb, threads)
        self._comparisons: dict[StreamName, tuple[object, Comparison]] = {}

    @property
    def hash_scheme(self) -> str:
        """Row hashes of another scheme must not be compared: part of every mapping hash."""
        return hash_scheme()

    def open_cut(
        self,
        name: StreamName,
        cut: int,
        key: Sequence[Sequence[str]],  # noqa: ARG002 - the port's; the source has put `_key` into every row already
    ) -> ParquetCutWriter:
        files = self._files(name)
        workspace = files.workspace(Kind.DELTAS, cut, "parts")
        return ParquetCutWriter(files.file(Kind.DELTAS, cut), workspace, cut, self._limits)

    def begin_journal(self, name: StreamName, cut: int, terms: str) -> FileJournal:
        files = self._files(name)
        files.remove_journals()
        return FileJournal(files.journal(cut), self._clock, terms)

    def kept_journal(self, name: StreamName, cut: int, terms: str, not_before: datetime) -> FileJournal | None:
        return FileJournal.resume(self._files(name).journal(cut), self._clock, terms, not_before)

    def replace_snapshot(self, name: StreamName, cut: int) -> None:
        files = self._files(name)
        publish_link(files.existing(Kind.DELTAS, cut), files.file(Kind.SNAPSHOTS, cut))

    def merge_delta(
        self, name: StreamName, cut: int, snapshot_cut: int | None, proven_parents: Collection[str] = ()
    ) -> int:
        if snapshot_cut is None:
            self.replace_snapshot(name, cut)
            return cut
        files = self._files(name)
        snapshot, delta = files.existing(Kind.SNAPSHOTS, snapshot_cut), files.existing(Kind.DELTAS, cut)
        with fresh_folder(files.workspace(Kind.SNAPSHOTS, cut, "merge")) as folder:
            changed = merge(snapshot, delta, files.file(Kind.SNAPSHOTS, cut), self._limits, folder, proven_parents)
        return cut if changed else snapshot_cut

    def count(self, name: StreamName, snapshot_cut: int) -> int:
        return row_count(self._snapshot(name, snapshot_cut))

    def columns(self, name: StreamName, snapshot_cut: int) -> tuple[str, ...]:
        """The source's columns, and its parents'; without our own."""
        return source_columns(column_names(self._snapshot(name, snapshot_cut)))

    def rows(self, name: StreamName, snapshot_cut: int, keys: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
        """The rows of these keys that the snapshot has: `_key` and `columns`, null where the snapshot lacks one."""
        return rows_of_keys(self._snapshot(name, snapshot_cut), pl.Series(keys, dtype=pl.String), columns)

    def keys_where(
        self, name: StreamName, snapshot_cut: int, columns: Sequence[str], condition: pl.Expr, limit: int
    ) -> list[str]:
        return keys_where(self._snapshot(name, snapshot_cut), columns, condition, limit)

    def keys_near(self, name: StreamName, snapshot_cut: int, key: str, limit: int) -> list[str]:
        snapshot = self._snapshot(name, snapshot_cut)
        with self._looking() as connection:
            return nearest_keys(connection, snapshot, key, limit)

    def acknowledged_in(self, name: StreamName, index_cut: int, key: str) -> dict[str, str]:
        index = self._files(name).existing(Kind.ACKNOWLEDGED, index_cut)
        with self._looking() as connection:
            return acknowledged_of(connection, index, key)

    def change_of(self, name: StreamName, cut: int, key: str) -> pl.DataFrame:
        return change_of_key(self._files(name).existing(Kind.CHANGE_SETS, cut), key)

    def _looking(self) -> AbstractContextManager[DuckDBPyConnection]:
        """A database for a query that is too small to spill."""
        return database(self._limits, self._root / ".looking", ordered=False)

    def emptied_columns(self, name: StreamName, cut: int, snapshot_cut: int, columns: Sequence[str]) -> set[str]:
        files = self._files(name)
        keys = scan(files.existing(Kind.DELTAS, cut)).select(KEY_COLUMN).collect(engine="streaming")[KEY_COLUMN]
        rows = rows_of_keys(files.existing(Kind.SNAPSHOTS, snapshot_cut), keys, columns)
        return {column for column in columns if rows[column].count() > 0}

    def candidates(self, request: DiffRequest) -> Iterator[pl.DataFrame]:
        """See ports.SnapshotStore; `_row_hash` is null where `_present` is false.

        Raises:
            DataFileMissing: the snapshot or the index is not there.
            ConfigurationError: a wanted column has a name that this needs itself.
        """
        refuse_reserved(request.columns)
        comparison = self._new_comparison(request)
        with comparison.compared() as connection:
            path = write_candidates(comparison, connection)
        self._comparisons[request.name] = self._state(request), comparison
        yield from candidate_frames(comparison, path)

    def fold_acknowledged(self, request: DiffRequest, index_cut: int, keep: Iterable[str]) -> None:
        """See ports.SnapshotStore; cheap after `candidates` of the same request in this process."""
        comparison = self._comparison_of(request)
        reused = comparison is not None
        if comparison is None:
            comparison = self._new_comparison(request)
        with comparison.reopened() if reused else comparison.compared() as connection:
            write_index(comparison, connection, keep, self._files(request.name).file(Kind.ACKNOWLEDGED, index_cut))
        self._comparisons.pop(request.name, None)
        remove_folder(comparison.folder)

    def open_change_set(self, name: StreamName, cut: int) -> ParquetChangeSetWriter:
        files = self._files(name)
        workspace = files.workspace(Kind.CHANGE_SETS, cut, "parts")
        return ParquetChangeSetWriter(files.file(Kind.CHANGE_SETS, cut), workspace, self._limits)

    def change_set(self, name: StreamName, cut: int) -> Iterator[pl.DataFrame]:
        path = self._files(name).existing(Kind.CHANGE_SETS, cut)
        for frame in frames(path, CHANGES_PER_FRAME):
            yield frame.rename(logical)

    def files(self, name: StreamName) -> list[StoredFile]:
        return list(stored_files(self._files(name)))

    def remove(self, name: StreamName, files: Iterable[StoredFile]) -> None:
        self._comparisons.pop(name, None)  # its folder may be one of them
        remove_files(self._files(name), files)

    def files_of_customer(self, customer_id: str) -> tuple[int, int]:
        return files_and_bytes(self._root, customer_id)

    def remove_customer(self, customer_id: str) -> None:
        remove_customer(self._root, customer_id)

    def _new_comparison(self, request: DiffRequest) -> Comparison:
        self._comparisons.pop(request.name, None)
        files = self._files(request.name)
        snapshot, index = self._compared_files(request)
        files.remove_workspaces(Kind.ACKNOWLEDGED, "comparison")
        folder = files.workspace(Kind.ACKNOWLEDGED, request.cut, "comparison")
        return Comparison(request, snapshot, index, folder, self._limits)

    def _comparison_of(self, request: DiffRequest) -> Comparison | None:
        """The comparison that `candidates` made for this very request, if its files are still the same."""
        state, comparison = self._comparisons.get(request.name, (None, None))
        return comparison if state == self._state(request) else None

    def _state(self, request: DiffRequest) -> object:
        written = [path.stat() for path in self._compared_files(request) if path is not None]
        return request, [(status.st_ino, status.st_size, status.st_mtime_ns) for status in written]

    def _compared_files(self, request: DiffRequest) -> tuple[Path, Path | None]:
        files = self._files(request.name)
        index = None if request.index_cut is None else files.existing(Kind.ACKNOWLEDGED, request.index_cut)
        return files.existing(Kind.SNAPSHOTS, request.cut), index

    def _snapshot(self, name: StreamName, snapshot_cut: int) -> Path:
        return self._files(name).existing(Kind.SNAPSHOTS, snapshot_cut)

    def _files(self, name: StreamName) -> StreamFiles:
        return StreamFiles(self._root, name)
