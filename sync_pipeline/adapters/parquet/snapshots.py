"""Merging a delta into a snapshot."""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

from collections.abc import Collection
from pathlib import Path

from sync_pipeline.adapters.parquet.durable import published
from sync_pipeline.adapters.parquet.engine import Limits, copy, database, scalar
from sync_pipeline.adapters.parquet.frames import column_names, row_count
from sync_pipeline.adapters.parquet.handover import write_keys
from sync_pipeline.adapters.parquet.sql import parquet, text_columns, text_values
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN


def merge(
    snapshot: Path, delta: Path, path: Path, limits: Limits, folder: Path, proven_parents: Collection[str]
) -> bool:
    """Write the snapshot with the delta over it: the untouched rows in their order, then the rows of the delta.

    `folder` is there for what is needed on the way. An untouched row below a proven parent is gone. A column that only
    one of them has is null in the rows of the other. Answers False, and writes nothing, when every row of the delta is
    in the snapshot already, equal in all columns of both, and no row is gone.
    """
    rows = row_count(delta)
    old, new = column_names(snapshot), column_names(delta)
    proven = proven_parents if PARENT_COLUMN in old else ()
    if rows == 0 and not proven:
        return False
    columns = list(dict.fromkeys([KEY_COLUMN, *old, *new]))
    with database(limits.reading((snapshot, delta)), folder / "spill", ordered=True) as connection:
        connection.execute(f"create temp view snapshot as select * from {parquet(snapshot)}")
        connection.execute(f"create temp view delta as select * from {parquet(delta)}")
        connection.execute(f"create temp view proven as select * from {write_keys(folder, 'proven', proven)}")
        untouched = f"not exists (from delta where delta.{KEY_COLUMN} = snapshot.{KEY_COLUMN})"
        gone = f"exists (from proven where proven.{KEY_COLUMN} = snapshot.{PARENT_COLUMN})" if proven else "false"
        values = zip(text_values(columns, old, "snapshot"), text_values(columns, new, "delta"), strict=True)
        equal = " and ".join(f"{before} is not distinct from {after}" for before, after in values)
        connection.execute(
            f"select count(*) from snapshot join delta on snapshot.{KEY_COLUMN} = delta.{KEY_COLUMN} and {equal}"
        )
        equal_rows = scalar(connection)
        connection.execute(f"select count(*) from snapshot where {gone} and {untouched}")
        if equal_rows == rows and scalar(connection) == 0:
            return False
        merged = (
            f"select {text_columns(columns, old, 'snapshot')} from snapshot "
            f"where {untouched} and not {gone} "
            f"union all select {text_columns(columns, new, 'delta')} from delta"
        )
        with published(path) as temporary:
            copy(connection, merged, temporary)
    return True
