"""Writing a change set: changes in, one durable file in the same order out."""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from sync_pipeline.adapters.parquet.column_names import physical
from sync_pipeline.adapters.parquet.durable import published
from sync_pipeline.adapters.parquet.engine import Limits, copy, database
from sync_pipeline.adapters.parquet.parts import PartFiles
from sync_pipeline.adapters.parquet.sql import parquet, text_columns
from sync_pipeline.domain.cut import KEY_COLUMN

CHANGES_PER_PART = 10_000


class ParquetChangeSetWriter:
    """Implements ports.ChangeSetWriter. A change is a flat row of text."""

    def __init__(self, path: Path, workspace: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._parts = PartFiles(workspace)
        self._buffer: list[dict[str, Any]] = []

    def write(self, changes: Sequence[dict[str, Any]]) -> None:
        for change in changes:
            self._buffer.append(change)
            if len(self._buffer) >= CHANGES_PER_PART:
                self._flush()

    def seal(self) -> int:
        """Write the file; answers the number of changes."""
        self._flush()
        with published(self._path) as temporary:
            if self._parts.rows == 0:
                pl.DataFrame(schema={physical(KEY_COLUMN): pl.String}).write_parquet(temporary)
            else:
                columns = self._parts.columns
                query = f"select {text_columns(columns, columns, 'part')} from {parquet(*self._parts.paths)} part"
                with database(self._limits.reading(self._parts.paths), self._parts.spill, ordered=True) as connection:
                    copy(connection, query, temporary)
        self._parts.remove()
        return self._parts.rows

    def discard(self) -> None:
        """Forget what is not sealed; harmless afterwards."""
        self._buffer.clear()
        self._parts.remove()

    def _flush(self) -> None:
        if self._buffer:
            self._parts.append(self._buffer)
            self._buffer = []
