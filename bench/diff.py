"""The nightly comparison of a snapshot with what is acknowledged, against a raw DuckDB hash join of both snapshots.

The third night of a stream: 1.6 % of the rows changed, came or went since the second night, whose changes were
acknowledged after the index was folded. Ours is `candidates` consumed to the end and `fold_acknowledged`; the raw join
only counts the rows that differ. Every measurement is a process of its own, and both sides take turns, so that a busy
machine hurts both; the best of each counts. `cpu_ratio` compares processor time, which other processes hardly touch.

The seed's map keeps the previous snapshot in memory and walks the current one; here as Python dicts, 1 M rows.
"""
# ruff: noqa: S608 - queries are made of names and numbers of this file

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.adapters.parquet.layout import Kind, StreamFiles
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.diff import Acknowledged, DiffRequest

NAME = StreamName("bench", "users")
BEFORE, LAST_NIGHT, TONIGHT = 1, 2, 3
COLUMNS = (
    "id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "birthday",
    "gender",
    "role",
    "organization.id",
    "updated_at",
)
RATIO_GOAL = 1.25
PEAK_GOAL_MB = 1_024
SCALE_ROWS, SCALE_GOAL, SCALE_MEMORY_MB = 100_000_000, 12, 1_000
SEED_ROWS, SEED_GOAL = 1_000_000, 1.0
THREADS = 2


def rows_of_night(rows: int, night: int) -> str:
    """Query: 1.5 % of the records change every night, 0.05 % go, 0.05 % come."""
    versions = " ".join(f"when hash(i, {n}) % 1000 < 15 then '{n}'" for n in range(night, BEFORE, -1))
    records = rows + (night - BEFORE) * rows // 2_000
    return f"""
        select i::varchar as _key, i::varchar as id, 'First' || hash(i) % 5000 as first_name,
            'Last' || hash(i + 1) % 50000 || case {versions} when false then null else '' end as last_name,
            'user' || i || '@example.org' as email, '+1555' || lpad((hash(i + 2) % 10000000)::varchar, 7, '0') as phone,
            strftime(date '1940-01-01' + (hash(i + 3) % 25000)::integer, '%Y-%m-%d') as birthday,
            ['female', 'male', 'other', null][1 + (hash(i + 4) % 4)::integer] as gender,
            ['volunteer', 'leader', 'admin'][1 + (hash(i + 5) % 3)::integer] as role,
            (hash(i + 6) % 400)::varchar as "organization.id",
            strftime(timestamp '2024-01-01' + to_seconds((hash(i + 7) % 50000000)::integer), '%Y-%m-%dT%H:%M:%SZ')
                as updated_at
        from range({records}) as t(i) where i % 2000 not between {LAST_NIGHT} and {night}
    """


def file(root: Path, kind: Kind, night: int) -> Path:
    return StreamFiles(root, NAME).file(kind, night)


def snapshot(root: Path, night: int) -> Path:
    return file(root, Kind.SNAPSHOTS, night)


def request(night: int, index_cut: int | None, acknowledged: list[Acknowledged]) -> DiffRequest:
    return DiffRequest(NAME, night, COLUMNS, True, index_cut, False, acknowledged, ())


def prepare(root: Path, rows: int, memory_mb: int) -> None:
    """Two nights as they would have been: snapshots, a full index with fingerprints, last night's acknowledgements."""
    store = ParquetStore(root, memory_mb, THREADS)
    snapshot(root, BEFORE).parent.mkdir(parents=True)
    with closing(duckdb.connect(config={"threads": THREADS})) as connection:
        nights = (BEFORE, LAST_NIGHT, TONIGHT)
        for night in nights:
            connection.execute(
                f"copy ({rows_of_night(rows, night)}) to '{snapshot(root, night)}' (format parquet, compression zstd)"
            )
    store.fold_acknowledged(request(BEFORE, None, []), BEFORE, keep=())
    index = file(root, Kind.ACKNOWLEDGED, BEFORE)
    bare = index.rename(index.with_suffix(".bare"))
    with closing(duckdb.connect(config={"threads": THREADS})) as connection:
        connection.execute(
            'copy (select _key, _row_hash, _deleted, md5(_key)::uuid as "acknowledged.core" '
            f"from read_parquet('{bare}')) to '{index}' (format parquet, compression zstd, compression_level 1)"
        )
    bare.unlink()
    last_night = request(LAST_NIGHT, BEFORE, [])
    changes = pl.concat(
        frame.select("_key", row_hash=pl.col("_row_hash").fill_null("deleted"))
        for frame in store.candidates(last_night)
    )
    changes.write_parquet(root / "acknowledged.parquet")
    store.fold_acknowledged(last_night, LAST_NIGHT, keep=changes["_key"].to_list())


def ours(root: Path, memory_mb: int) -> dict[str, Any]:
    since = [
        Acknowledged(key, "core", f"{number:032x}", row_hash)
        for number, (key, row_hash) in enumerate(pl.read_parquet(root / "acknowledged.parquet").iter_rows())
    ]
    store = ParquetStore(root, memory_mb, THREADS)
    tonight = request(TONIGHT, LAST_NIGHT, since)
    processor, begun = time.process_time(), time.perf_counter()
    keys = [key for frame in store.candidates(tonight) for key in frame["_key"].to_list()]
    compared = time.perf_counter()
    store.fold_acknowledged(tonight, TONIGHT, keep=keys)
    folded = time.perf_counter()
    return {
        "found": len(keys),
        "seconds": folded - begun,
        "candidates_seconds": compared - begun,
        "fold_seconds": folded - compared,
        "cpu_seconds": time.process_time() - processor,
    }


def raw(root: Path) -> dict[str, Any]:
    differs = " or ".join(f'old."{column}" is distinct from new."{column}"' for column in COLUMNS)
    with closing(duckdb.connect(config={"threads": THREADS})) as connection:
        processor, begun = time.process_time(), time.perf_counter()
        found = connection.execute(
            f"select count(*) from read_parquet('{snapshot(root, LAST_NIGHT)}') old full outer join "
            f"read_parquet('{snapshot(root, TONIGHT)}') new on old._key = new._key where {differs}"
        ).fetchone()
        seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - processor
        return {"found": found[0] if found else 0, "seconds": seconds, "cpu_seconds": cpu_seconds}


def seed_map(root: Path) -> dict[str, Any]:
    processor, begun = time.process_time(), time.perf_counter()
    previous = {row["_key"]: row for row in pl.read_parquet(snapshot(root, LAST_NIGHT)).to_dicts()}
    changes: list[tuple[str, dict[str, Any]]] = []
    for current in pl.read_parquet(snapshot(root, TONIGHT)).to_dicts():
        before = previous.pop(current["_key"], None)
        if before is None or before != current:
            changes.append(("update" if before else "create", current))
    changes.extend(("delete", deleted) for deleted in previous.values())
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - processor
    return {"found": len(changes), "seconds": seconds, "cpu_seconds": cpu_seconds}


def in_child(part: str, root: Path, rows: int, memory_mb: int) -> dict[str, Any]:
    """Run one part in a process of its own; its peak memory comes with its answer."""
    arguments = ["--part", part, "--root", str(root), "--rows", str(rows), "--memory-mb", str(memory_mb)]
    child = subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE)
    return json.loads(child.stdout)


def best(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **min(results, key=lambda result: result["seconds"]),
        "cpu_seconds": min(result["cpu_seconds"] for result in results),
        "peak_mb": max(result["peak_mb"] for result in results),
    }


@contextmanager
def prepared(scratch: Path | None, rows: int, memory_mb: int) -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="bench-diff-", dir=scratch))
    try:
        in_child("prepare", root, rows, memory_mb)
        yield root
    finally:
        shutil.rmtree(root)


def measure(root: Path, rows: int, memory_mb: int, reference: str | None, repetitions: int) -> list[dict[str, Any]]:
    """The best of ours, and of the reference if there is one, taking turns."""
    parts = ["ours"] if reference is None else [reference, "ours"]
    results: dict[str, list[dict[str, Any]]] = {part: [] for part in parts}
    for _ in range(repetitions):
        for part in parts:
            results[part].append(in_child(part, root, rows, memory_mb))
    found = {result["found"] for part in parts for result in results[part]}
    if len(found) > 1:
        raise SystemExit(f"both sides must find the same changes: {sorted(found)}")
    return [best(results[part]) for part in reversed(parts)]


def report(case: str, result: dict[str, Any], ratio: float, goal: float, **more: float) -> None:
    facts = {name: round(value, 2) for name, value in {**result, **more}.items() if name not in {"found", "peak_mb"}}
    line = {"case": case, "ratio": round(ratio, 3), "goal": goal, "peak_mb": round(result["peak_mb"])}
    print(json.dumps({**line, "changes": result["found"], **facts}), flush=True)


def compare(case: str, root: Path, arguments: argparse.Namespace, rows: int, reference: str, goal: float) -> float:
    mine, other = measure(root, rows, arguments.memory_mb, reference, arguments.repetitions)
    more = {
        "cpu_ratio": mine["cpu_seconds"] / other["cpu_seconds"],
        "peak_goal_mb": PEAK_GOAL_MB,
        "reference_seconds": other["seconds"],
        "reference_cpu_seconds": other["cpu_seconds"],
        "reference_peak_mb": other["peak_mb"],
    }
    report(case, mine, mine["seconds"] / other["seconds"], goal, **more)
    return mine["seconds"]


def parent(arguments: argparse.Namespace) -> None:
    seconds = {}
    for rows in arguments.rows or [1_000_000, 10_000_000]:
        scaled = rows >= SCALE_ROWS
        memory_mb = SCALE_MEMORY_MB if scaled else arguments.memory_mb
        with prepared(arguments.scratch, rows, memory_mb) as root:
            if not scaled:
                seconds[rows] = compare(f"diff_{rows // 1_000_000}m", root, arguments, rows, "raw", RATIO_GOAL)
            if rows == SEED_ROWS:
                compare("seed_map_1m", root, arguments, rows, "seed", SEED_GOAL)
            if scaled:
                tenth = seconds.get(rows // 10) or ten_times_smaller(arguments, rows // 10)
                (mine,) = measure(root, rows, memory_mb, None, 1)
                report(f"diff_{rows // 1_000_000}m", mine, mine["seconds"] / tenth, SCALE_GOAL, peak_goal_mb=2_048)


def ten_times_smaller(arguments: argparse.Namespace, rows: int) -> float:
    with prepared(arguments.scratch, rows, arguments.memory_mb) as root:
        (mine,) = measure(root, rows, arguments.memory_mb, None, arguments.repetitions)
        return mine["seconds"]


def child(arguments: argparse.Namespace) -> None:
    root, (rows,) = arguments.root, arguments.rows
    parts: dict[str, Callable[[], dict[str, Any] | None]] = {
        "prepare": lambda: prepare(root, rows, arguments.memory_mb),
        "ours": lambda: ours(root, arguments.memory_mb),
        "raw": lambda: raw(root),
        "seed": lambda: seed_map(root),
    }
    result = parts[arguments.part]() or {}
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**result, "peak_mb": peak_mb}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, action="append", help="default: 1000000 and 10000000")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--memory-mb", type=int, default=700)
    parser.add_argument("--scratch", type=Path, help="where to put the files; default: the system's temporary folder")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    (child if arguments.part else parent)(arguments)


if __name__ == "__main__":
    main()
