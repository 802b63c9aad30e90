"""Reading Parquet in frames of bounded height."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl


def scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def frames(path: Path, height: int) -> Iterator[pl.DataFrame]:
    """The rows of a file in their order, at most `height` at a time."""
    for offset in range(0, row_count(path), height):
        yield scan(path).slice(offset, height).collect()


def row_count(path: Path) -> int:
    return scan(path).select(pl.len()).collect().item()


def column_names(path: Path) -> list[str]:
    """Physical names, in the order of the file."""
    return scan(path).collect_schema().names()
