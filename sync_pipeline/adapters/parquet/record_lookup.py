"""One record looked up in the files of a stream, and keys that a person may have meant."""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

import json
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.parquet.acknowledged import AcknowledgedColumns
from sync_pipeline.adapters.parquet.column_names import logical
from sync_pipeline.adapters.parquet.frames import scan
from sync_pipeline.adapters.parquet.sql import parquet
from sync_pipeline.domain.cut import KEY_COLUMN

MOST_LETTERS_APART = 2


def acknowledged_of(connection: DuckDBPyConnection, index: Path, key: str) -> dict[str, str]:
    """Fingerprints by field group; empty when the index does not have the key."""
    columns = AcknowledgedColumns(index, [])
    query = f"select {columns.as_json('known')} from {parquet(index)} as known where _key = ?"
    row = connection.execute(query, [key]).fetchone()
    return {} if row is None or row[0] is None else json.loads(row[0])


def nearest_keys(connection: DuckDBPyConnection, snapshot: Path, key: str, limit: int) -> list[str]:
    """Keys a few letters away, and those that begin or end with it; in a second for a million."""
    letters_apart = f"levenshtein({KEY_COLUMN}, $key)"
    query = (
        f"select {KEY_COLUMN} from {parquet(snapshot)} "
        f"where (abs(length({KEY_COLUMN}) - length($key)) <= {MOST_LETTERS_APART} "
        f"and {letters_apart} <= least({MOST_LETTERS_APART}, greatest(1, length($key) - 1))) "
        f"or lower({KEY_COLUMN}) = lower($key) or starts_with({KEY_COLUMN}, $key || '|') "
        f"or ends_with({KEY_COLUMN}, '|' || $key) "
        f"order by {letters_apart}, length({KEY_COLUMN}), {KEY_COLUMN} limit {limit}"
    )
    return [row[0] for row in connection.execute(query, {"key": key}).fetchall()]


def change_of_key(change_set: Path, key: str) -> pl.DataFrame:
    """The row of one key in a change set."""
    return scan(change_set).filter(pl.col(KEY_COLUMN) == key).collect(engine="streaming").rename(logical)
