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


def write_since(folder: Path, since: Sequence[Acknowledged]) -> str:
    """Write acknowledged rows, oldest first, where DuckDB can read them; answers the table to select from."""
    numbered = enumerate(since)
    schema = {
        "position": pl.Int64,
        KEY_COLUMN: pl.String,
        "field_group": pl.String,
        "fingerprint": pl.String,
        "row_hash": pl.String,
    }
    frames = (
        pl.DataFrame(
            [(at, row.key, row.field_group, row.fingerprint, row.row_hash) for at, row in rows], schema, orient="row"
        )
        for rows in _batches(numbered)
    )
    return _write(folder, "since", frames, pl.DataFrame(schema=schema))


def write_keys(folder: Path, name: str, keys: Iterable[str]) -> str:
    """Write keys where DuckDB can read them; answers the table to select `_key` from, which may repeat a key."""
    schema = {KEY_COLUMN: pl.String}
    frames = (pl.DataFrame({KEY_COLUMN: batch}, schema) for batch in _batches(keys))
    return _write(folder, name, frames, pl.DataFrame(schema=schema))


def _write(folder: Path, name: str, frames: Iterable[pl.DataFrame], empty: pl.DataFrame) -> str:
    paths: list[Path] = []
    for frame in frames:
        paths.append(folder / f"{name}-{len(paths)}.parquet")
        frame.write_parquet(paths[-1], compression="lz4")
    if not paths:
        paths.append(folder / f"{name}.parquet")
        empty.write_parquet(paths[-1])
    return parquet(*paths)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, ROWS_PER_FILE)):
        yield batch
