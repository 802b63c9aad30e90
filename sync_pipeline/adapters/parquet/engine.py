"""DuckDB, one private in-memory database per operation, bounded in memory, spilling beside the data."""

import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from sync_pipeline.adapters.parquet.sql import literal

# 1 M rows of 11 columns: 22 MB in 2.2 s of processor time, like the default level in 2.6 s; snappy 44 MB in 1.8 s.
COMPRESSION = "compression zstd, compression_level 1"
MOST_IDLE = 2
ONE_THREAD_BYTES = 2**22
"""Less is a row group or two: a second thread has nothing to do, and waking it costs a tenth of a small night."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation may use. The process needs about 100 MB beside `memory_limit_mb`."""

    memory_limit_mb: int
    threads: int

    def reading(self, files: Iterable[Path]) -> "Limits":
        """Those for an operation on these files."""
        small = sum(path.stat().st_size for path in files) < ONE_THREAD_BYTES
        return replace(self, threads=1) if small else self


@contextmanager
def database(limits: Limits, spill: Path, *, ordered: bool) -> Iterator[DuckDBPyConnection]:
    """A database of our own; `ordered` keeps rows in the order of the files, at some cost in memory.

    What is made in it must be temporary: the next operation may get the same one. Starting one takes 12 ms, which is
    most of what a small stream's comparison takes.
    """
    base = _idle_or_new(limits)
    try:
        base.execute(f"set temp_directory = {literal(str(spill))}")
        base.execute(f"set preserve_insertion_order = {ordered}")
        with closing(base.cursor()) as connection:
            yield connection
    except BaseException:
        base.close()
        raise
    _give_back(limits, base, spill)


# Idle databases by process, for a fork has none of the threads they need.
_idle: defaultdict[tuple[int, Limits], list[DuckDBPyConnection]] = defaultdict(list)
_turn = threading.Lock()


def _idle_or_new(limits: Limits) -> DuckDBPyConnection:
    with _turn:
        idle = _idle[os.getpid(), limits]
        if idle:
            return idle.pop()
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{limits.memory_limit_mb}MiB",
        "threads": limits.threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "enable_external_file_cache": False,  # an idle one would go on holding what it read
    }
    return duckdb.connect(":memory:", config=config)


def _give_back(limits: Limits, base: DuckDBPyConnection, spill: Path) -> None:
    """Keep it for the next operation. One that has spilled cannot spill elsewhere any more."""
    with _turn:
        idle = _idle[os.getpid(), limits]
        if len(idle) < MOST_IDLE and not spill.exists():
            idle.append(base)
            return
    base.close()


def copy(
    connection: DuckDBPyConnection, query: str, path: Path, *, row_group_size: int = 122_880, dictionaries: bool = True
) -> int:
    """Write the rows of a query to a Parquet file; answers their number.

    Without `dictionaries`, columns of distinct values are written with a fifth less work: none is tried in vain.
    """
    options = f"format parquet, {COMPRESSION}, row_group_size {row_group_size}"
    if not dictionaries:
        options += ", dictionary_size_limit 1"
    connection.execute(f"copy ({query}) to {literal(str(path))} ({options})")
    return scalar(connection)


def scalar(connection: DuckDBPyConnection) -> int:
    """The single number the last statement answered; 0 for null."""
    row = connection.fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


@cache
def hash_scheme() -> str:
    """Names DuckDB's hash function by what it answers for texts of many lengths: another function, another name.

    DuckDB does not promise the same hashes in its next release; row hashes on disk are then worth nothing.
    """
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(
            "select bit_xor(hash(repeat('a', length::integer), null, length::varchar)) from range(300) as t(length)"
        )
        return f"duckdb-hash-{scalar(connection):016x}"
