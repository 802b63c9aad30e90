"""Operations one after the other share a database without seeing anything of each other."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import duckdb
import pytest

from sync_pipeline.adapters.parquet.engine import Limits, database, scalar

LIMITS = Limits(memory_limit_mb=64, threads=2)


def count(folder: Path, query: str, limits: Limits = LIMITS) -> int:
    with database(limits, folder / "spill", ordered=False) as connection:
        connection.execute(f"create temp table counted as {query}")
        connection.execute("select count(*) from counted")
        return scalar(connection)


def test_an_operation_finds_nothing_of_the_one_before(tmp_path: Path) -> None:
    with database(LIMITS, tmp_path, ordered=True) as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        connection.execute("create temp table people as select 1")
    with database(LIMITS, tmp_path, ordered=False) as connection:
        connection.execute("select current_setting('TimeZone'), current_setting('preserve_insertion_order')")
        row = connection.fetchone()
        assert row is not None
        assert row[0] != "Asia/Tokyo"
        assert not row[1]
        with pytest.raises(duckdb.Error):
            connection.execute("from people")


def test_each_operation_spills_into_its_own_folder(tmp_path: Path) -> None:
    texts = "select md5(range::varchar) || md5((range + 1)::varchar) as text from range(1500000) order by text"
    for name in ("first", "second"):
        spill = tmp_path / name / "spill"
        spill.parent.mkdir()
        with database(LIMITS, spill, ordered=False) as connection:
            connection.execute(f"create temp table large as {texts}")
            assert list(spill.iterdir()) != []
        assert not spill.exists()


def test_an_operation_that_failed_does_not_spoil_the_next(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error):
        count(tmp_path, "select * from nowhere")
    assert count(tmp_path, "select * from range(7)") == 7


def test_operations_at_the_same_time_have_databases_of_their_own(tmp_path: Path) -> None:
    together = Barrier(4)

    def made(number: int) -> int:
        with database(LIMITS, tmp_path / str(number), ordered=False) as connection:
            connection.execute("create temp table mine as select * from range(?)", [number])
            together.wait(20)
            connection.execute("select count(*) from mine")
            return scalar(connection)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(made, range(1, 5))) == [1, 2, 3, 4]
