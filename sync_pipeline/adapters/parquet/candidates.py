"""The rows that may need a write, complete."""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.parquet.column_names import logical
from sync_pipeline.adapters.parquet.comparison import Comparison
from sync_pipeline.adapters.parquet.engine import copy
from sync_pipeline.adapters.parquet.frames import frames
from sync_pipeline.adapters.parquet.lookup import rows_of_keys
from sync_pipeline.adapters.parquet.sql import text_columns
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.errors import ConfigurationError

FRAME_ROWS = 50_000
ROWS_PER_LOOKUP = 400_000
"""About 100 MB of rows in memory; every lookup is a pass over the keys of the snapshot."""
FACTS = (KEY_COLUMN, "_row_hash", "_present", "_acknowledged", "_deleted")


def write_candidates(comparison: Comparison, connection: DuckDBPyConnection) -> Path:
    """Write what is known of every candidate: the present ones, then the absent ones.

    With `everything` their values are written along; otherwise those of the few candidates are looked up later.
    """
    queries = [_present(comparison)]
    if comparison.request.absence_is_deletion:
        queries += [_gone(comparison), _never_known(comparison)]
    path = comparison.folder / "candidates.parquet"
    connection.execute("set preserve_insertion_order = true")
    copy(connection, " union all ".join(queries), path, row_group_size=FRAME_ROWS)
    return path


def candidate_frames(comparison: Comparison, path: Path) -> Iterator[pl.DataFrame]:
    """The candidates that `write_candidates` wrote, with their values; the file is gone afterwards."""
    try:
        if comparison.everything:
            for frame in frames(path, FRAME_ROWS):
                yield frame.rename(logical)
        else:
            for facts in frames(path, ROWS_PER_LOOKUP):
                yield from _with_values(comparison, facts).iter_slices(FRAME_ROWS)
    finally:
        path.unlink(missing_ok=True)


def refuse_reserved(columns: tuple[str, ...]) -> None:
    """Raise ConfigurationError for columns whose names candidates need for themselves."""
    reserved = sorted(set(columns) & set(FACTS) - {KEY_COLUMN})
    if reserved:
        raise ConfigurationError(
            f"The mapping reads {', '.join(reserved)}, a name that the comparison uses itself.",
            "Rename the column in the connector or leave it out of the recipe.",
        )


def _with_values(comparison: Comparison, facts: pl.DataFrame) -> pl.DataFrame:
    keys = facts.filter("_present")[KEY_COLUMN]
    rows = rows_of_keys(comparison.snapshot, keys, comparison.request.columns)
    return facts.join(rows, on=KEY_COLUMN, how="left", maintain_order="left")


def _present(comparison: Comparison) -> str:
    facts = [
        f"{comparison.acknowledged.as_json('known')} as _acknowledged",
        "coalesce(known._deleted, false) as _deleted",
    ]
    if comparison.everything:
        current = f"cast({comparison.current_hash} as varchar) as _row_hash"
        values = text_columns(comparison.wanted_columns, comparison.snapshot_columns, "snapshot")
        items = _items(["snapshot._key", current, "true as _present", *facts], values)
        return f"select {items} from snapshot left join known on known._key = snapshot._key"
    current = "cast(present._row_hash as varchar) as _row_hash"
    items = _items(["present._key", current, "true as _present", *facts])
    return f"select {items} from present left join known on known._key = present._key"


def _gone(comparison: Comparison) -> str:
    facts = ["known._key", "null", "false", comparison.acknowledged.as_json("known"), "known._deleted"]
    return (
        f"select {_items(facts, _no_values(comparison))} from known where known._gone "
        "and (not known._deleted or exists (from rechecked where rechecked._key = known._key))"
    )


def _never_known(comparison: Comparison) -> str:
    facts = ["rechecked._key", "null", "false", "null", "false"]
    return (
        f"select {_items(facts, _no_values(comparison))} from rechecked "
        "where not exists (from known where known._key = rechecked._key) "
        "and not exists (from present where present._key = rechecked._key)"
    )


def _no_values(comparison: Comparison) -> str:
    return text_columns(comparison.wanted_columns, (), "") if comparison.everything else ""


def _items(facts: list[str], values: str = "") -> str:
    return ", ".join([*facts, values] if values else facts)
