import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync_pipeline.adapters.parquet import DataFileMissing, ParquetStore
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.retention import bytes_freed
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import KEY, contents, found, read, request, snapshot

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.domain.cut import StreamName
writer = ParquetStore(Path(sys.argv[1])).open_cut(StreamName("riverside-food-bank", "users"), 1, [["id"]])
writer.write([{"_key": str(number), "email": "lost"} for number in range(12_000)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_lie_where_the_contract_says(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    snapshot(store, name, 7, {"1": {"email": "a"}})
    store.fold_acknowledged(request(name, 7), 7, keep=())
    store.open_change_set(name, 7).seal()
    assert names(folder) == ["acknowledged", "change_sets", "deltas", "snapshots"]
    assert {file for kind in names(folder) for file in names(folder / kind)} == {"7.parquet"}


@pytest.mark.chaos
def test_a_killed_writers_parts_do_not_reach_the_next_one(
    tmp_path: Path, store: SnapshotStore, name: StreamName, folder: Path
) -> None:
    root = Path(__file__).parents[3]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WRITER, str(tmp_path / "data")],
        check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert killed.returncode == -signal.SIGKILL
    assert names(folder / "deltas") == [".1.parts"]
    sealed = read(store, name, 1, {"1": {"email": "a"}})
    assert sealed.rows == 1
    assert names(folder / "deltas") == ["1.parquet"]


def test_leftovers_of_a_crash_are_ignored_and_removed(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    for kind in ("deltas", "snapshots", "change_sets", "acknowledged"):
        (folder / kind).mkdir(exist_ok=True)
        for leftover in (".2.parquet.tmp", ".1.parquet.tmp"):
            (folder / kind / leftover).write_bytes(b"half a file")
    for workspace in ("acknowledged/.1.comparison", "snapshots/.2.merge", "change_sets/.2.parts"):
        (folder / workspace).mkdir()
        (folder / workspace / "0.parquet").write_bytes(b"half a file")
    read(store, name, 2, {"1": {"email": "b"}})
    store.merge_delta(name, 2, 1)
    second = request(name, 2)
    assert set(found(store, second)) == {"1"}
    store.fold_acknowledged(second, 2, keep=())
    assert store.open_change_set(name, 2).seal() == 0
    stored = store.files(name)
    assert sorted({file.name for file in stored if file.is_unfinished}) == [".1.parquet.tmp"]
    store.remove(name, [file for file in stored if file.is_unfinished or file.cut == 1])
    assert {kind: names(folder / kind) for kind in names(folder)} == {
        kind: ["2.parquet"] for kind in ("acknowledged", "change_sets", "deltas", "snapshots")
    }


def test_a_failed_seal_leaves_the_sealed_cut_as_it_was(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    read(store, name, 1, {"1": {"email": "a"}})
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": "1", "email": "b"}])
    assert writer.distinct_keys() == 1
    (folder / "deltas/.1.parts/0.parquet").write_bytes(b"a broken disk")
    with pytest.raises(Exception, match=r"0\.parquet"):
        writer.seal(None)
    writer.discard()
    assert names(folder / "deltas") == ["1.parquet"]
    store.replace_snapshot(name, 1)
    assert contents(store, name, 1, "1") == {"1": {"email": "a"}}


def test_only_what_is_listed_is_removed_and_what_has_no_cut_is_not_ours(
    store: SnapshotStore, name: StreamName, folder: Path
) -> None:
    for cut in (1, 10):
        snapshot(store, name, cut, {"1": {"email": "a"}})
    (folder / "snapshots/a note.txt").write_text("left by a person")
    listed = [file for file in store.files(name) if file.cut == 1]
    snapshot(store, name, 11, {"1": {"email": "b"}})  # by somebody who took the lease meanwhile
    store.remove(name, listed)
    store.remove(name, listed)  # what is gone already is no error
    assert names(folder / "deltas") == ["10.parquet", "11.parquet"]
    assert names(folder / "snapshots") == ["10.parquet", "11.parquet", "a note.txt"]
    assert contents(store, name, 10, "1") == {"1": {"email": "a"}}


def test_a_snapshot_that_was_read_as_a_whole_takes_no_space_of_its_own(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    as_delta, as_snapshot = sorted(store.files(name), key=lambda file: file.kind)
    assert (as_delta.kind, as_snapshot.kind, as_delta.size) == ("deltas", "snapshots", as_snapshot.size)
    assert (bytes_freed([as_delta]), bytes_freed([as_delta, as_snapshot])) == (0, as_delta.size)


def test_the_files_of_a_folder_of_unfinished_work_count(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    (folder / "snapshots/.3.merge/spill").mkdir(parents=True)
    (folder / "snapshots/.3.merge/spill/0.tmp").write_bytes(b"0" * 700)
    (left,) = store.files(name)
    assert (left.kind, left.cut, left.size, left.is_unfinished, left.names) == ("snapshots", 3, 700, True, 1)
    store.remove(name, [left])
    assert names(folder / "snapshots") == []


def test_a_stream_that_was_never_read_has_no_files(store: SnapshotStore) -> None:
    assert store.files(StreamName("new", "users")) == []


@pytest.mark.parametrize("unsafe", ["", ".", "..", "../other", "a/b", "a\\b", "a\0b"])
def test_names_that_would_leave_the_folder_are_refused(store: SnapshotStore, unsafe: str) -> None:
    for name in (StreamName(unsafe, "users"), StreamName("customer", unsafe)):
        with pytest.raises(ConfigurationError):
            store.open_cut(name, 1, KEY)


def test_a_missing_file_is_told_with_a_remedy(store: SnapshotStore, name: StreamName) -> None:
    with pytest.raises(DataFileMissing, match=r"snapshots/3\.parquet.*riverside-food-bank.*users"):
        store.count(name, 3)
    snapshot(store, name, 3, {"1": {}})
    with pytest.raises(DataFileMissing, match=r"acknowledged/2\.parquet"):
        found(store, request(name, 3, index_cut=2))


def test_customers_and_streams_do_not_see_each_other(store: SnapshotStore) -> None:
    streams = [StreamName("a", "users"), StreamName("a", "projects"), StreamName("b", "users")]
    for at, name in enumerate(streams):
        snapshot(store, name, 1, {str(at): {"email": str(at)}})
    for at, name in enumerate(streams):
        assert contents(store, name, 1, "012") == {str(at): {"email": str(at)}}


def test_a_data_folder_may_have_any_name(tmp_path: Path, name: StreamName) -> None:
    store = ParquetStore(tmp_path / "it's [1] * {odd}? 100% 🦆")
    snapshot(store, name, 1, {"1": {"customer": "column", "email": "a"}})
    read(store, name, 2, {"2": {"customer": "column", "email": "b"}})
    store.merge_delta(name, 2, 1)
    store.fold_acknowledged(request(name, 2), 2, keep=["1"])
    assert set(found(store, request(name, 2, index_cut=2))) == {"1"}
    assert store.columns(name, 2) == ("customer", "email")
