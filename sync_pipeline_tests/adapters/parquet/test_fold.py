import json
from pathlib import Path

import pytest

from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.diff import DELETED_ROW_HASH, Acknowledged
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import fingerprint, found, request, snapshot


def test_kept_keys_stay_candidates_until_they_are_acknowledged(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}, "2": {"email": "b"}})
    first = request(name, 1)
    hashes = {key: str(row["_row_hash"]) for key, row in found(store, first).items()}
    store.fold_acknowledged(first, 1, keep=["1"])
    assert set(found(store, request(name, 1, index_cut=1))) == {"1"}
    since = [Acknowledged("1", "core", fingerprint(1), hashes["1"])]
    assert found(store, request(name, 1, index_cut=1, acknowledged=since)) == {}


def test_a_kept_key_keeps_what_was_acknowledged_before(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    row_hash = str(found(store, request(name, 1))["1"]["_row_hash"])
    since = [Acknowledged("1", "core", fingerprint(1), row_hash)]
    snapshot(store, name, 2, {"1": {"email": "changed"}})
    store.fold_acknowledged(request(name, 2, acknowledged=since), 2, keep=["1"])
    again = found(store, request(name, 2, index_cut=2))
    assert json.loads(str(again["1"]["_acknowledged"])) == {"core": fingerprint(1)}
    assert found(store, request(name, 1, index_cut=2)) == {}


def test_folding_adds_to_what_was_acknowledged_of_other_groups(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    row_hash = str(found(store, request(name, 1))["1"]["_row_hash"])
    for cut, group in enumerate(("core", "tags", "birth_gender"), start=1):
        since = [Acknowledged("1", group, fingerprint(cut), row_hash)]
        index_cut = cut - 1 or None
        store.fold_acknowledged(request(name, 1, index_cut=index_cut, acknowledged=since), cut, keep=())
    candidate = found(store, request(name, 1, index_cut=3, recheck=["1"]))["1"]
    assert json.loads(str(candidate["_acknowledged"])) == {
        "core": fingerprint(1),
        "tags": fingerprint(2),
        "birth_gender": fingerprint(3),
    }


def test_a_deletion_stays_acknowledged_while_the_returned_row_needs_no_write(
    store: SnapshotStore, name: StreamName
) -> None:
    snapshot(store, name, 1, {"1": {"email": "back, but not mapped"}})
    since = [Acknowledged("1", "core", fingerprint(1), DELETED_ROW_HASH)]
    store.fold_acknowledged(request(name, 1, acknowledged=since), 1, keep=())
    assert found(store, request(name, 1, index_cut=1)) == {}
    snapshot(store, name, 2, {"1": {"email": "changed"}})
    assert found(store, request(name, 2, index_cut=1))["1"]["_deleted"] is True


def test_gone_keys_keep_their_entry(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}, "2": {"email": "b"}})
    store.fold_acknowledged(request(name, 1), 1, keep=())
    snapshot(store, name, 2, {"1": {"email": "a"}})
    for index_cut, remap in ((2, False), (3, True)):
        store.fold_acknowledged(request(name, 2, index_cut=index_cut - 1, remap=remap), index_cut, keep=())
        assert set(found(store, request(name, 2, index_cut=index_cut))) == {"2"}
        assert found(store, request(name, 1, index_cut=index_cut)) == {}


@pytest.mark.parametrize("compared_by", ["this process", "another process", "nobody"])
def test_folding_does_not_depend_on_who_compared(
    tmp_path: Path, store: SnapshotStore, name: StreamName, compared_by: str
) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}, "2": {"email": "b"}, "3": {"email": "c"}})
    store.fold_acknowledged(request(name, 1), 1, keep=())
    snapshot(store, name, 2, {"1": {"email": "A"}, "2": {"email": "B"}, "4": {"email": "d"}})
    second = request(name, 2, index_cut=1)
    other = ParquetStore(tmp_path / "data")
    for comparing in {"this process": [store], "another process": [other], "nobody": []}[compared_by]:
        found(comparing, second)
    store.fold_acknowledged(second, 2, keep=["1", "4"])
    assert set(found(store, request(name, 2, index_cut=2))) == {"1", "3", "4"}


def test_folding_notices_that_the_snapshot_changed_since_the_comparison(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    compared = request(name, 1, acknowledged=[Acknowledged("1", "core", fingerprint(1), "17")])
    found(store, compared)
    snapshot(store, name, 1, {"1": {"email": "other"}})
    store.fold_acknowledged(compared, 1, keep=())
    assert found(store, request(name, 1, index_cut=1)) == {}


def test_an_index_may_be_folded_onto_itself(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    store.fold_acknowledged(request(name, 1), 1, keep=())
    store.fold_acknowledged(request(name, 1, index_cut=1), 1, keep=())
    assert found(store, request(name, 1, index_cut=1)) == {}


def test_no_scratch_files_are_left(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    found(store, request(name, 1))
    store.fold_acknowledged(request(name, 1), 1, keep=())
    assert [path.name for path in (folder / "acknowledged").iterdir()] == ["1.parquet"]


def test_a_reader_that_stops_early_can_fold(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    reading = store.candidates(request(name, 1))
    next(reading)
    store.fold_acknowledged(request(name, 1), 1, keep=())
    assert found(store, request(name, 1, index_cut=1)) == {}


def test_the_hash_scheme_is_the_same_every_time(store: SnapshotStore, tmp_path: Path) -> None:
    assert store.hash_scheme == ParquetStore(tmp_path).hash_scheme
    assert store.hash_scheme.startswith("duckdb-hash-")
