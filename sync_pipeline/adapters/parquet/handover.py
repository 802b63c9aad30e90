"""Values from memory, written where DuckDB can read them: it takes neither lists nor frames without pyarrow."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import polars as pl

from sync_pipeline.adapters.parquet.sql import parquet
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.diff import Acknowledged

ROWS_PER_FILE = 100_000

Item = TypeVar("Item")
Schema = dict[str, type[pl.DataType]]

KEYS_SCHEMA: Schema = {KEY_COLUMN: pl.String}
SINCE_SCHEMA: Schema = {
    "position": pl.Int64,
    KEY_COLUMN: pl.String,
    "field_group": pl.String,
    "fingerprint": pl.String,
    "row_hash": pl.String,
}


def write_since(folder: Path, since: Sequence[Acknowledged]) -> str:
    """Write acknowledged rows, oldest first, where DuckDB can read them; answers the table to select from."""
    frames = (
        pl.DataFrame(
            {
                "position": range(start, start + len(rows)),
                KEY_COLUMN: [row.key for row in rows],
                "field_group": [row.field_group for row in rows],
                "fingerprint": [row.fingerprint for row in rows],
                "row_hash": [row.row_hash for row in rows],
            },
            SINCE_SCHEMA,
        )
        for start in range(0, len(since), ROWS_PER_FILE)
        for rows in [since[start : start + ROWS_PER_FILE]]
    )
    return _write(folder, "since", frames, SINCE_SCHEMA)


def write_keys(folder: Path, name: str, keys: Iterable[str]) -> str:
    """Write keys where DuckDB can read them; answers the table to select `_key` from, which may repeat a key."""
    frames = (pl.DataFrame({KEY_COLUMN: batch}, KEYS_SCHEMA) for batch in _batches(keys))
    return _write(folder, name, frames, KEYS_SCHEMA)


def _write(folder: Path, name: str, frames: Iterable[pl.DataFrame], schema: Schema) -> str:
    paths: list[Path] = []
    for frame in frames:
        paths.append(folder / f"{name}-{len(paths)}.parquet")
        frame.write_parquet(paths[-1], compression="lz4")
    if not paths:
        paths.append(folder / f"{name}.parquet")
        pl.DataFrame(schema=schema).write_parquet(paths[-1])
    return parquet(*paths)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, ROWS_PER_FILE)):
        yield batch
