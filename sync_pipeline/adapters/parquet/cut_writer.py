"""Writing a cut: pages in, one durable file with one row per key out."""
# ruff: noqa: S608 - column names and paths are quoted by sql.py; the rest is text of this file

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.parquet.column_names import physical, source_columns
from sync_pipeline.adapters.parquet.durable import published
from sync_pipeline.adapters.parquet.engine import Limits, copy, database, scalar
from sync_pipeline.adapters.parquet.moments import moment_sql
from sync_pipeline.adapters.parquet.parts import PART_COLUMN, PartFiles
from sync_pipeline.adapters.parquet.sql import identifier, parquet, text_columns
from sync_pipeline.domain.cut import KEY_COLUMN, Row, SealedCut
from sync_pipeline.domain.time_format import ISO

ROWS_PER_PART = 5_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MICROSECOND = (datetime.min.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LAST_MICROSECOND = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


class ParquetCutWriter:
    """Implements ports.CutWriter. Rows carry `_key`; of the rows of one key the last written one counts."""

    def __init__(self, path: Path, workspace: Path, cut: int, limits: Limits) -> None:
        self._path = path
        self._cut = cut
        self._limits = limits
        self._parts = PartFiles(workspace)
        self._buffer: dict[str, Row] = {}
        self._counted: tuple[int, int] = (0, 0)

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            key = row[KEY_COLUMN]
            if key is None:
                raise ValueError("a record without a key cannot be stored")
            self._buffer[key] = row
            if len(self._buffer) >= ROWS_PER_PART:
                self._flush()

    def distinct_keys(self) -> int:
        """Distinct keys written so far."""
        self._flush()
        if len(self._parts.paths) <= 1:
            return self._parts.rows  # a part repeats no key
        rows_then, keys_then = self._counted
        if self._parts.rows != rows_then:
            with self._opened() as connection:
                connection.execute(f"select count(*) from (select distinct {KEY_COLUMN} from part)")
                keys_then = scalar(connection)
            self._counted = (self._parts.rows, keys_then)
        return keys_then

    def seal(self, modified_field: str | None, time_format: str = ISO) -> SealedCut:
        """Write the file of the cut, and answer what it holds; the columns are the source's."""
        keys = self.distinct_keys()
        newest = None
        with published(self._path) as temporary:
            if keys == 0:
                pl.DataFrame(schema={KEY_COLUMN: pl.String}).write_parquet(temporary)
            else:
                with self._opened() as connection:
                    self._merge(connection, temporary, repeats=keys < self._parts.rows)
                    newest = self._newest_modified(connection, temporary, modified_field, time_format)
        self._parts.remove()
        return SealedCut(self._cut, keys, newest, source_columns(self._parts.columns))

    def discard(self) -> None:
        """Forget what is not sealed; harmless afterwards."""
        self._buffer.clear()
        self._parts.remove()

    def _flush(self) -> None:
        if self._buffer:
            self._parts.append(self._buffer.values())
            self._buffer.clear()

    @contextmanager
    def _opened(self) -> Iterator[DuckDBPyConnection]:
        with database(self._limits.reading(self._parts.paths), self._parts.spill, ordered=True) as connection:
            if self._parts.paths:
                connection.execute(f"create temp view part as select * from {parquet(*self._parts.paths)}")
            yield connection

    def _merge(self, connection: DuckDBPyConnection, path: Path, *, repeats: bool) -> None:
        columns = [KEY_COLUMN, *(column for column in self._parts.columns if column != KEY_COLUMN)]
        query = f"select {text_columns(columns, columns, 'part')} from part"
        if repeats:
            number = identifier(PART_COLUMN)
            connection.execute(
                f"create temp table repeated as select {KEY_COLUMN}, max({number}) as newest from part "
                f"group by {KEY_COLUMN} having count(*) > 1"
            )
            query += (
                f" where not exists (from repeated where repeated.{KEY_COLUMN} = part.{KEY_COLUMN} "
                f"and repeated.newest <> part.{number})"
            )
        copy(connection, query, path)

    def _newest_modified(
        self, connection: DuckDBPyConnection, path: Path, modified_field: str | None, time_format: str
    ) -> datetime | None:
        if modified_field is None or physical(modified_field) not in self._parts.columns:
            return None
        connection.execute("set TimeZone = 'UTC'")  # what a time without an offset means
        moment, parameters = moment_sql(time_format)
        connection.execute(
            f"select max(moment) from (select {moment} as moment from "
            f"(select {identifier(physical(modified_field))} as spelled from {parquet(path)})) "
            "where moment between ? and ?",
            [*parameters, FIRST_MICROSECOND, LAST_MICROSECOND],
        )
        row = connection.fetchone()
        return None if row is None or row[0] is None else EPOCH + timedelta(microseconds=row[0])
