import json

import pytest

from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.diff import DELETED_ROW_HASH, Acknowledged
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import fingerprint, found, request, snapshot


@pytest.fixture
def hashes(store: SnapshotStore, name: StreamName) -> dict[str, str]:
    """Snapshot 1 with three people, folded into index 1; their row hashes by key."""
    snapshot(store, name, 1, {key: {"email": key * 3, "phone": "5"} for key in "123"})
    first = request(name, 1)
    hashes = {key: str(row["_row_hash"]) for key, row in found(store, first).items()}
    store.fold_acknowledged(first, 1, keep=())
    return hashes


def test_on_the_first_night_every_row_is_a_candidate(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a", "phone": "5"}, "2": {"email": None, "phone": "6"}})
    candidates = found(store, request(name, 1))
    assert list(candidates["1"]) == ["_key", "_row_hash", "_present", "_acknowledged", "_deleted", "email"]
    facts = {"_present": True, "_acknowledged": None, "_deleted": False}
    assert {key: {**row, "_row_hash": ""} for key, row in candidates.items()} == {
        "1": {"_key": "1", "_row_hash": "", **facts, "email": "a"},
        "2": {"_key": "2", "_row_hash": "", **facts, "email": None},
    }
    assert candidates["1"]["_row_hash"] != candidates["2"]["_row_hash"]


@pytest.mark.usefixtures("hashes")
def test_an_unchanged_night_has_no_candidates(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 2, {key: {"email": key * 3, "phone": "6", "new": "x"} for key in "123"})
    assert found(store, request(name, 2, index_cut=1)) == {}


@pytest.mark.usefixtures("hashes")
def test_new_changed_and_gone_rows_are_candidates(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 2, {"1": {"email": "111"}, "2": {"email": "changed"}, "4": {"email": "new"}})
    candidates = found(store, request(name, 2, index_cut=1))
    assert {key: (row["_present"], row["email"]) for key, row in candidates.items()} == {
        "2": (True, "changed"),
        "4": (True, "new"),
        "3": (False, None),
    }
    assert candidates["3"]["_row_hash"] is None


@pytest.mark.usefixtures("hashes")
def test_absence_is_no_candidate_when_it_proves_nothing(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 2, {"1": {"email": "111"}})
    assert found(store, request(name, 2, index_cut=1, absence_is_deletion=False, recheck=["2", "9"])) == {}


def test_what_was_acknowledged_since_counts_before_the_index(
    store: SnapshotStore, name: StreamName, hashes: dict[str, str]
) -> None:
    """A value that went to B and was acknowledged, and went back to the A of the index, is a difference again."""
    acknowledged = [
        Acknowledged("1", "core", fingerprint(1), "17"),
        Acknowledged("2", "core", fingerprint(2), "17"),
        Acknowledged("2", "tags", fingerprint(3), "18"),
        Acknowledged("2", "core", fingerprint(4), hashes["2"]),
    ]
    candidates = found(store, request(name, 1, index_cut=1, acknowledged=acknowledged))
    assert set(candidates) == {"1"}
    assert (candidates["1"]["_present"], candidates["1"]["email"]) == (True, "111")
    assert json.loads(str(candidates["1"]["_acknowledged"])) == {"core": fingerprint(1)}


def test_the_newest_fingerprint_of_every_group_is_told(
    store: SnapshotStore, name: StreamName, hashes: dict[str, str]
) -> None:
    first = [
        Acknowledged("1", "core", fingerprint(1), hashes["1"]),
        Acknowledged("1", "Tags", fingerprint(2), hashes["1"]),
    ]
    store.fold_acknowledged(request(name, 1, index_cut=1, acknowledged=first), 2, keep=())
    since = [
        Acknowledged("1", "core", fingerprint(3), hashes["1"]),
        Acknowledged("1", 'a"b', fingerprint(4), hashes["1"]),
        Acknowledged("1", "core", fingerprint(5), hashes["1"]),
    ]
    candidates = found(store, request(name, 1, index_cut=2, acknowledged=since, recheck=["1"]))
    assert json.loads(str(candidates["1"]["_acknowledged"])) == {
        "core": fingerprint(5),
        "Tags": fingerprint(2),
        'a"b': fingerprint(4),
    }


def test_an_acknowledged_deletion_is_no_candidate_until_the_key_comes_back(
    store: SnapshotStore, name: StreamName, hashes: dict[str, str]
) -> None:
    snapshot(store, name, 2, {"1": {"email": "111"}, "2": {"email": "222"}})
    deletion = [Acknowledged("3", "core", fingerprint(1), DELETED_ROW_HASH)]
    gone = request(name, 2, index_cut=1, acknowledged=deletion)
    assert found(store, gone) == {}
    store.fold_acknowledged(gone, 2, keep=())
    assert found(store, request(name, 2, index_cut=2)) == {}
    assert found(store, request(name, 2, index_cut=2, recheck=["3"]))["3"]["_deleted"] is True

    back = found(store, request(name, 1, index_cut=2))
    assert set(back) == {"3"}
    assert (back["3"]["_present"], back["3"]["_deleted"], back["3"]["_row_hash"]) == (True, True, hashes["3"])


@pytest.mark.usefixtures("hashes")
def test_rechecked_keys_are_candidates_whatever_their_hash(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 2, {"1": {"email": "111"}, "2": {"email": "222"}})
    candidates = found(store, request(name, 2, index_cut=1, recheck=["1", "1", "3", "never seen"]))
    assert {key: row["_present"] for key, row in candidates.items()} == {"1": True, "3": False, "never seen": False}


def test_a_new_mapping_makes_every_row_a_candidate_and_keeps_what_was_acknowledged(
    store: SnapshotStore, name: StreamName, hashes: dict[str, str]
) -> None:
    since = [Acknowledged("1", "core", fingerprint(1), hashes["1"])]
    store.fold_acknowledged(request(name, 1, index_cut=1, acknowledged=since), 2, keep=())
    snapshot(store, name, 3, {"1": {"email": "111", "phone": "5"}, "2": {"email": "222", "phone": "5"}})
    candidates = found(store, request(name, 3, ("phone",), index_cut=2, remap=True))
    assert {key: (row["_present"], row["_acknowledged"], row["phone"]) for key, row in candidates.items()} == {
        "1": (True, f'{{"core":"{fingerprint(1)}"}}', "5"),
        "2": (True, None, "5"),
        "3": (False, None, None),
    }


@pytest.mark.usefixtures("hashes")
def test_a_column_that_vanished_reads_as_null(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 2, {key: {"phone": "5"} for key in "123"})
    candidates = found(store, request(name, 2, index_cut=1))
    assert [row["email"] for row in candidates.values()] == [None] * 3


def test_a_column_of_nulls_and_a_missing_column_are_the_same(store: SnapshotStore, name: StreamName) -> None:
    columns = ("email", "fax")
    snapshot(store, name, 1, {"1": {"email": "a"}})
    store.fold_acknowledged(request(name, 1, columns), 1, keep=())
    snapshot(store, name, 2, {"1": {"fax": None, "email": "a"}})
    assert found(store, request(name, 2, columns, index_cut=1)) == {}
    snapshot(store, name, 3, {"1": {"fax": "a", "email": None}})
    assert set(found(store, request(name, 3, columns, index_cut=1))) == {"1"}


def test_odd_columns_and_keys_are_compared_each_for_itself(store: SnapshotStore, name: StreamName) -> None:
    columns = ("order", 'a"b', "a.b", "🦆", "ID", "id", "snapshot", "key_hash")
    keys = ("o'brien", 'a"b', "ключ", "", "A", "a", "🦆", "8", "unchanged")
    rows = {key: {column: f"{key} {column}" for column in columns} for key in keys}
    snapshot(store, name, 1, rows)
    assert {key: {c: row[c] for c in columns} for key, row in found(store, request(name, 1, columns)).items()} == rows
    store.fold_acknowledged(request(name, 1, columns), 1, keep=())
    changed = {key: {**rows[key], column: "changed"} for key, column in zip(keys, columns, strict=False)}
    snapshot(store, name, 2, {**rows, **changed})
    candidates = found(store, request(name, 2, columns, index_cut=1))
    assert {key: {c: row[c] for c in columns} for key, row in candidates.items()} == changed


def test_an_empty_snapshot_means_every_known_key_is_gone(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {})
    assert found(store, request(name, 1)) == {}
    snapshot(store, name, 2, {"1": {"email": "a"}})
    store.fold_acknowledged(request(name, 2), 2, keep=())
    assert {key: row["_present"] for key, row in found(store, request(name, 1, index_cut=2)).items()} == {"1": False}


def test_a_mapping_without_columns_only_sees_rows_come_and_go(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}, "2": {"email": "a"}})
    assert set(found(store, request(name, 1, ()))) == {"1", "2"}
    store.fold_acknowledged(request(name, 1, ()), 1, keep=())
    snapshot(store, name, 2, {"1": {"email": "b"}, "3": {"email": "a"}})
    assert set(found(store, request(name, 2, (), index_cut=1))) == {"2", "3"}


def test_a_mapped_column_with_a_name_of_ours_is_refused(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"_present": "a"}})
    with pytest.raises(ConfigurationError, match="_present"):
        next(store.candidates(request(name, 1, ("_present",))))


def test_many_candidates_come_in_bounded_frames(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {str(number): {"email": str(number)} for number in range(60_000)})
    assert [frame.height for frame in store.candidates(request(name, 1))] == [50_000, 10_000]
    recheck = [str(number) for number in range(55_000)]
    store.fold_acknowledged(request(name, 1), 1, keep=())
    heights = [frame.height for frame in store.candidates(request(name, 1, index_cut=1, recheck=recheck))]
    assert (sum(heights), max(heights)) == (55_000, 50_000)
