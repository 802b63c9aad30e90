"""Rows of a snapshot by their keys."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from sync_pipeline.adapters.parquet.column_names import physical
from sync_pipeline.adapters.parquet.frames import column_names, scan
from sync_pipeline.domain.cut import KEY_COLUMN


def rows_of_keys(snapshot: Path, keys: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    """`_key` and these columns, in their own names, of the keys that are there; a column that is not there is null.

    Polars decodes the wanted columns only where the key matched: 160,000 of 10 M rows of 11 columns in 0.8 s, where
    a semi join in DuckDB took 1.35 s.
    """
    matching = scan(snapshot).filter(pl.col(KEY_COLUMN).is_in(keys.cast(pl.String).implode()))
    return matching.select(_in_their_own_names(snapshot, columns)).collect(engine="streaming")


def keys_where(snapshot: Path, columns: Sequence[str], condition: pl.Expr, limit: int) -> list[str]:
    """The first keys where the condition on these columns, in their own names, holds."""
    matching = scan(snapshot).select(_in_their_own_names(snapshot, columns)).filter(condition).select(KEY_COLUMN)
    return matching.sort(KEY_COLUMN).head(limit).collect(engine="streaming")[KEY_COLUMN].to_list()


def _in_their_own_names(snapshot: Path, columns: Sequence[str]) -> list[pl.Expr]:
    there = set(column_names(snapshot))
    values = [
        (pl.col(physical(column)) if physical(column) in there else pl.lit(None, pl.String)).alias(column)
        for column in dict.fromkeys(columns)
        if column != KEY_COLUMN
    ]
    return [pl.col(KEY_COLUMN), *values]
