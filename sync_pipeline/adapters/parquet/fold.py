"""The next acknowledged index, from the one before and what a comparison found."""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

from collections.abc import Iterable
from pathlib import Path

from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.parquet.comparison import Comparison
from sync_pipeline.adapters.parquet.durable import published
from sync_pipeline.adapters.parquet.engine import copy
from sync_pipeline.adapters.parquet.handover import write_keys


def write_index(comparison: Comparison, connection: DuckDBPyConnection, keep: Iterable[str], path: Path) -> None:
    """Write the index after a comparison; `keep` are the keys whose entries must stay as acknowledged."""
    kept = write_keys(comparison.folder, "kept", keep)
    connection.execute(f"create temp view kept as select distinct _key from {kept}")
    queries = _whole(comparison) if comparison.everything else _patched(comparison)
    with published(path) as temporary:
        copy(connection, " union all ".join(queries), temporary, dictionaries=False)


def _whole(comparison: Comparison) -> list[str]:
    known = f"select {comparison.acknowledged.of('known')} from known"
    return [
        _current(comparison),
        f"{known} where known._gone or exists (from kept where kept._key = known._key)",
    ]


def _patched(comparison: Comparison) -> list[str]:
    """Most rows are copied from the old index: they matched, so their hashes need not be computed again."""
    touched = "(select _key from present union all select _key from known where _newer) as touched"
    known = f"select {comparison.acknowledged.of('known')} from known"
    return [
        f"select {comparison.acknowledged.of('indexed')} from indexed anti join {touched} using (_key)",
        _current(comparison),
        f"{known} semi join present using (_key) semi join kept using (_key)",
        f"{known} anti join present using (_key) where known._newer",
    ]


def _current(comparison: Comparison) -> str:
    items = comparison.acknowledged.of_key("present._key", "present._row_hash", "known")
    return (
        f"select {items} from present left join known on known._key = present._key "
        "where not exists (from kept where kept._key = present._key)"
    )
