"""A walk proves absence below single parents: only what is missing there leaves the snapshot."""

from pathlib import Path

import pytest

from sync_pipeline.domain.cut import StreamName
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import contents, found, read, request, snapshot


def shift(parent: str | None, hours: str = "1") -> dict[str, str | None]:
    return {"hours": hours, "_parent": parent}


FIRST = {"11": shift("1"), "12": shift("1"), "21": shift("2"), "31": shift("o'brien|\\|3")}


def keys(store: SnapshotStore, name: StreamName, cut: int) -> set[str]:
    return set(contents(store, name, cut, ["11", "12", "13", "21", "31", "x"]))


@pytest.mark.parametrize(
    ("delta", "proven", "left"),
    [
        ({"11": shift("1")}, ["1"], {"11", "21", "31"}),
        ({"13": shift("1", "2")}, ["1"], {"13", "21", "31"}),
        ({"13": shift("1", "2")}, [], {"11", "12", "13", "21", "31"}),
        ({}, ["1", "2"], {"31"}),
        ({}, ["o'brien|\\|3"], {"11", "12", "21"}),
        ({"12": shift("2"), "21": shift("2")}, ["1", "2"], {"12", "21", "31"}),
    ],
    ids=["one is missing", "another came", "nothing is proven", "nothing is left", "an odd key", "one moved"],
)
def test_only_what_a_proven_parent_lost_is_dropped(
    store: SnapshotStore, name: StreamName, delta: dict[str, dict[str, str | None]], proven: list[str], left: set[str]
) -> None:
    snapshot(store, name, 1, FIRST)
    read(store, name, 2, delta)
    assert store.merge_delta(name, 2, 1, proven) == 2
    assert keys(store, name, 2) == left
    assert keys(store, name, 1) == set(FIRST)


def test_a_walk_that_found_everything_as_it_was_writes_nothing(
    store: SnapshotStore, name: StreamName, folder: Path
) -> None:
    snapshot(store, name, 1, FIRST)
    read(store, name, 2, {"11": shift("1"), "12": shift("1")})
    read(store, name, 3, {})
    assert store.merge_delta(name, 2, 1, ["1"]) == 1
    assert store.merge_delta(name, 3, 1, ["never seen"]) == 1
    assert [path.name for path in (folder / "snapshots").iterdir()] == ["1.parquet"]


def test_a_snapshot_that_knows_no_parents_keeps_its_rows(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {"x": {"hours": "1"}})
    read(store, name, 2, {"11": shift("1")})
    store.merge_delta(name, 2, 1, ["1", "x"])
    assert keys(store, name, 2) == {"x", "11"}
    read(store, name, 3, {})
    store.merge_delta(name, 3, 2, ["1"])
    assert keys(store, name, 3) == {"x"}


def test_many_proven_parents_are_told_apart(store: SnapshotStore, name: StreamName) -> None:
    snapshot(store, name, 1, {str(number): shift(str(number % 1_000)) for number in range(5_000)})
    read(store, name, 2, {"0": shift("0")})
    assert store.merge_delta(name, 2, 1, [str(number) for number in range(999)]) == 2
    assert store.count(name, 2) == 1 + 5


def test_the_parents_key_is_no_column_of_the_source_and_no_reason_for_a_change(
    store: SnapshotStore, name: StreamName
) -> None:
    sealed = read(store, name, 1, {"11": shift("1")})
    store.replace_snapshot(name, 1)
    assert sealed.columns == store.columns(name, 1) == ("hours",)
    before = found(store, request(name, 1, ["hours"]))
    read(store, name, 2, {"11": shift("2")})
    store.merge_delta(name, 2, 1, ["1"])
    assert found(store, request(name, 2, ["hours"])) == before
