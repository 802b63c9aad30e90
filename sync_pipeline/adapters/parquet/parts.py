"""Rows on their way to a file: many small Parquet files, so that memory stays flat however long the read is."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from sync_pipeline.adapters.parquet.column_names import physical
from sync_pipeline.adapters.parquet.durable import empty_folder, remove_folder
from sync_pipeline.domain.cut import Row

PART_COLUMN = "~part"
"""The number of the part a row came in. `physical` never makes this name."""


class PartFiles:
    """A hidden folder of parts; opening it removes what a killed writer left there."""

    def __init__(self, folder: Path) -> None:
        empty_folder(folder)
        self._folder = folder
        self._columns: dict[str, str] = {}
        self.paths: list[Path] = []
        self.rows = 0

    @property
    def columns(self) -> list[str]:
        """Physical names of all columns so far, in the order of their first appearance."""
        return list(self._columns.values())

    @property
    def spill(self) -> Path:
        return self._folder / "spill"

    def append(self, rows: Collection[Row]) -> None:
        """Write one part. Rows may lack columns; every value is text or None."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        for name in names:
            if name not in self._columns:
                self._columns[name] = physical(name)
        values = {self._columns[name]: [row.get(name) for row in rows] for name in names}
        part = pl.DataFrame(values, schema=dict.fromkeys(values, pl.String))
        path = self._folder / f"{len(self.paths)}.parquet"
        part.with_columns(pl.lit(len(self.paths), pl.Int32).alias(PART_COLUMN)).write_parquet(path, compression="lz4")
        self.paths.append(path)
        self.rows += len(rows)

    def remove(self) -> None:
        remove_folder(self._folder)
