from pathlib import Path

import pytest

from sync_pipeline.domain.cut import StreamName
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import contents, read, snapshot


def test_a_delta_replaces_and_adds_rows_and_keeps_the_others(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}, "2": {"email": "b"}})
    read(store, name, 2, {"2": {"email": "B"}, "3": {"email": "c"}})
    assert store.merge_delta(name, 2, 1) == 2
    assert store.count(name, 2) == 3
    assert contents(store, name, 2, "123") == {"1": {"email": "a"}, "2": {"email": "B"}, "3": {"email": "c"}}
    assert contents(store, name, 1, "123") == {"1": {"email": "a"}, "2": {"email": "b"}}


def test_a_delta_that_changes_nothing_writes_nothing(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    snapshot(store, name, 1, {"1": {"email": "a", "phone": None}, "2": {"email": "b", "phone": "5"}})
    read(store, name, 2, {"1": {"email": "a", "phone": None}})
    read(store, name, 3, {})
    read(store, name, 4, {"1": {"email": "a", "fax": None}})
    assert [store.merge_delta(name, cut, 1) for cut in (2, 3, 4)] == [1, 1, 1]
    assert [path.name for path in (folder / "snapshots").iterdir()] == ["1.parquet"]


@pytest.mark.parametrize(
    "row",
    [
        {"email": None, "phone": "5"},
        {"email": "a", "phone": "6"},
        {"email": "a", "phone": "5", "fax": ""},
        {"email": "a"},
    ],
    ids=["a value became null", "a value changed", "a column came", "a column with values vanished"],
)
def test_any_difference_in_any_column_makes_a_new_snapshot(
    store: SnapshotStore, name: StreamName, row: dict[str, str | None]
) -> None:
    snapshot(store, name, 1, {"1": {"email": "a", "phone": "5"}})
    read(store, name, 2, {"1": row})
    assert store.merge_delta(name, 2, 1) == 2
    columns = dict.fromkeys(store.columns(name, 2))
    assert contents(store, name, 2, "1") == {"1": {**columns, **row}}


def test_columns_of_snapshot_and_delta_are_united_by_exact_name(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"ID": "upper", "old": "x"}})
    read(store, name, 2, {"2": {"id": "lower", "new": "y"}})
    store.merge_delta(name, 2, 1)
    assert store.columns(name, 2) == ("ID", "old", "id", "new")
    assert contents(store, name, 2, "12") == {
        "1": {"ID": "upper", "old": "x", "id": None, "new": None},
        "2": {"ID": None, "old": None, "id": "lower", "new": "y"},
    }


def test_columns_named_like_our_tables_merge(store: SnapshotStore, name: StreamName) -> None:
    columns: list[str] = ["snapshot", "delta", "part", "repeated", "_newer"]
    old, new = dict.fromkeys(columns, "old"), dict.fromkeys(columns, "new")
    snapshot(store, name, 1, {"1": old, "2": old})
    read(store, name, 2, {"1": new})
    store.merge_delta(name, 2, 1)
    assert contents(store, name, 2, "12") == {"1": new, "2": old}


def test_without_a_snapshot_the_delta_becomes_it(store: SnapshotStore, name: StreamName) -> None:
    read(store, name, 1, {"1": {"email": "a"}})
    assert store.merge_delta(name, 1, None) == 1
    assert contents(store, name, 1, "1") == {"1": {"email": "a"}}


def test_rows_without_columns_besides_the_key_merge(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {}})
    read(store, name, 2, {"1": {}})
    read(store, name, 3, {"2": {}})
    assert (store.merge_delta(name, 2, 1), store.merge_delta(name, 3, 1)) == (1, 3)
    assert store.count(name, 3) == 2


def test_replacing_a_snapshot_twice_is_harmless(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    store.replace_snapshot(name, 1)
    assert [path.name for path in (folder / "snapshots").iterdir()] == ["1.parquet"]
    assert (folder / "snapshots/1.parquet").samefile(folder / "deltas/1.parquet")


def test_a_cut_read_again_does_not_touch_the_snapshot_made_of_it(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a"}})
    read(store, name, 1, {"1": {"email": "b"}})
    assert contents(store, name, 1, "1") == {"1": {"email": "a"}}


def test_rows_answers_the_wanted_keys_and_columns(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"1": {"email": "a", "ID": "x"}, "2": {"email": "b", "ID": "y"}})
    rows = store.rows(name, 1, ["2", "9"], ["ID", "vanished", "_key"])
    assert rows.to_dicts() == [{"_key": "2", "ID": "y", "vanished": None}]
    assert store.rows(name, 1, [], ["email"]).height == 0


def test_a_column_is_emptied_when_a_record_of_the_read_had_a_value_in_it(
    store: SnapshotStore, name: StreamName
) -> None:
    snapshot(store, name, 1, {"1": {"email": "a", "fax": None}, "2": {"email": "b", "fax": "5"}})
    read(store, name, 2, {"1": {"phone": "6"}, "3": {"phone": "7"}})
    assert store.emptied_columns(name, 2, 1, ["email", "fax", "never"]) == {"email"}
