"""A snapshot against what is acknowledged: first only keys and 64-bit hashes, then the little that differs.

The join carries two numbers per row (hash of the key, hash of the row) whatever the width of keys and rows. A pair
that finds its equal is settled (a changed row passes for unchanged once in 2^64); what remains names the few keys
that are looked at closely. Measured on 10 M rows of 11 columns: 2.6 s and 0.73 GB under a limit of 0.7, against 2.9 s
and 1.04 GB with Polars' streaming join, which knows no limit.
"""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.parquet.acknowledged import AcknowledgedColumns
from sync_pipeline.adapters.parquet.column_names import physical
from sync_pipeline.adapters.parquet.durable import empty_folder
from sync_pipeline.adapters.parquet.engine import Limits, copy, database
from sync_pipeline.adapters.parquet.frames import column_names
from sync_pipeline.adapters.parquet.handover import write_keys, write_since
from sync_pipeline.adapters.parquet.sql import parquet, row_hash
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.diff import DiffRequest


class Comparison:
    """The small tables that candidates and the next index are made from, kept in a folder of scratch files.

    `known`: what is acknowledged of every key that needs a closer look: the columns of an index, `_newer` (something
    was acknowledged since the index was folded) and `_gone` (the key is not in the snapshot).
    `present`: `_key` and current `_row_hash` of the rows that differ or are rechecked; with `everything`, of all rows.
    `rechecked`: the keys to look at in any case.
    """

    def __init__(self, request: DiffRequest, snapshot: Path, index: Path | None, folder: Path, limits: Limits) -> None:
        self.request = request
        self.folder = folder
        self.snapshot_columns = column_names(snapshot)
        self.wanted_columns = [physical(name) for name in dict.fromkeys(request.columns) if name != KEY_COLUMN]
        self.acknowledged = AcknowledgedColumns(index, request.acknowledged)
        self.everything = request.remap or (index is None and not request.acknowledged)
        self.snapshot = snapshot
        self._index = index
        self._limits = limits.reading(path for path in (snapshot, index) if path is not None)
        self._rechecked = ""

    @property
    def current_hash(self) -> str:
        """Expression: hash of a row of `snapshot`, over the columns that count."""
        return row_hash(self.wanted_columns, self.snapshot_columns, "snapshot")

    @contextmanager
    def compared(self) -> Iterator[DuckDBPyConnection]:
        """Compare, which takes a full pass over snapshot and index; a connection with the tables and the inputs."""
        empty_folder(self.folder)
        since = write_since(self.folder, self.request.acknowledged)
        self._rechecked = write_keys(self.folder, "rechecked", self.request.recheck)
        with self._opened() as connection:
            connection.execute(f"create temp table newer as {self.acknowledged.of_newest(since)}")
            if self.everything:
                self._know_everything(connection)
            else:
                self._know_what_differs(connection)
            yield connection

    @contextmanager
    def reopened(self) -> Iterator[DuckDBPyConnection]:
        """As `compared`, from what was found then."""
        with self._opened() as connection:
            self._open(connection, "known")
            self._open(connection, "present")
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[DuckDBPyConnection]:
        with database(self._limits, self.folder / "spill", ordered=False) as connection:
            connection.execute(f"create temp view snapshot as select * from {parquet(self.snapshot)}")
            connection.execute(f"create temp view indexed as {self.acknowledged.of_index(self._index)}")
            connection.execute(f"create temp view rechecked as select distinct _key from {self._rechecked}")
            yield connection

    def _know_everything(self, connection: DuckDBPyConnection) -> None:
        copy(
            connection,
            f"select {self.acknowledged.merged('indexed', 'newer')}, newer._key is not null as _newer, "
            "not exists (from snapshot where snapshot._key = coalesce(newer._key, indexed._key)) as _gone "
            "from indexed full join newer on indexed._key = newer._key",
            self._file("known"),
        )
        self._open(connection, "known")
        self._open(connection, "present")

    def _know_what_differs(self, connection: DuckDBPyConnection) -> None:
        connection.execute(f"""
            create temp table unmatched as
            select fresh.*, old.key_hash as old_key_hash, old.row_hash as old_row_hash
            from (select _key, hash(_key) as key_hash, {self.current_hash} as row_hash from snapshot) as fresh
            full join (
                select hash(_key) as key_hash, _row_hash as row_hash from indexed
                where not exists (from newer where newer._key = indexed._key)
                union all select hash(_key), _row_hash from newer
            ) as old on fresh.key_hash = old.key_hash and fresh.row_hash = old.row_hash
            where fresh._key is null or old.key_hash is null
        """)
        connection.execute("""
            create temp table wanted as
            select coalesce(key_hash, old_key_hash) as key_hash from unmatched
            union select hash(_key) from rechecked
            union select hash(_key) from newer
        """)
        connection.execute(f"""
            create temp table nearby as
            select {self.acknowledged.merged("indexed", "newer")}, newer._key is not null as _newer
            from (from indexed where hash(_key) in (from wanted)) as indexed
            full join newer on indexed._key = newer._key
        """)
        gone = """
            select nearby.*, not exists (from unmatched where unmatched._key = nearby._key) and exists (
                from unmatched where unmatched._key is null and unmatched.old_key_hash = hash(nearby._key)
                and unmatched.old_row_hash is not distinct from nearby._row_hash
            ) as _gone
            from nearby
        """
        copy(connection, gone, self._file("known"))
        self._open(connection, "known")
        differing = """
            select _key, row_hash as _row_hash from unmatched where _key is not null
            union all select known._key, known._row_hash from known join rechecked on known._key = rechecked._key
            where not known._gone and not exists (from unmatched where unmatched._key = known._key)
        """
        copy(connection, differing, self._file("present"))
        self._open(connection, "present")

    def _open(self, connection: DuckDBPyConnection, table: str) -> None:
        if table == "present" and self.everything:
            current = f"select _key, {self.current_hash} as _row_hash from snapshot"
            connection.execute(f"create temp view present as {current}")
        else:
            connection.execute(f"create temp view {table} as select * from {parquet(self._file(table))}")

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"
