"""The record as the source last had it: in the newest snapshot, or in an older one that is still kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from sync_pipeline.domain.cut import KEY_COLUMN, StreamName
from sync_pipeline.domain.cut_history import Kind
from sync_pipeline.domain.life.facts import SourceRow
from sync_pipeline.domain.positions import Position
from sync_pipeline.ports import Histories, SnapshotStore


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row with all its columns, and as the mapping wants it."""

    row: SourceRow
    mapped: pl.DataFrame


def found_row(
    snapshots: SnapshotStore,
    histories: Histories,
    name: StreamName,
    position: Position,
    key: str,
    wanted: Sequence[str],
) -> FoundRow | None:
    """The newest row of a key that any snapshot has; None where none does."""
    for cut in _kept_snapshots(snapshots, name, position):
        columns = snapshots.columns(name, cut)
        rows = snapshots.rows(name, cut, [key], [*columns, *wanted])
        if rows.height == 0:
            continue
        read = histories.reads(name.customer_id, name.stream, [cut]).get(cut)
        values = {column: rows[column][0] for column in columns}
        row = SourceRow(cut, None if read is None else read.read_at, cut == position.snapshot_cut, values)
        return FoundRow(row, rows.select(KEY_COLUMN, *(name for name in wanted if name != KEY_COLUMN)))
    return None


def _kept_snapshots(snapshots: SnapshotStore, name: StreamName, position: Position) -> Iterator[int]:
    """The current one first; then those that retention has left, the newest first."""
    if position.snapshot_cut is None:
        return
    yield position.snapshot_cut
    files = snapshots.files(name)
    kept = {file.cut for file in files if file.kind == Kind.SNAPSHOTS and not file.is_unfinished}
    yield from sorted((cut for cut in kept if cut < position.snapshot_cut), reverse=True)
