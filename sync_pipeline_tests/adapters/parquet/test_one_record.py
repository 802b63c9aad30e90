"""One record looked up in the files of a stream, by its key or by what it says."""

import polars as pl
import pytest

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.diff import Acknowledged
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import fingerprint, found, request, snapshot

KEYS = ("17", "171", "7", "1700", "a|b", "other")


@pytest.fixture
def people(store: SnapshotStore, name: StreamName) -> SnapshotStore:
    snapshot(store, name, 1, {key: {"firstName": f"first of {key}", "owner": key[:1]} for key in KEYS})
    return store


@pytest.mark.parametrize(
    ("asked", "nearest"), [("170", "17"), ("018", "17"), ("b", "a|b"), ("OTHER", "other"), ("nothing like it", None)]
)
def test_a_key_that_is_not_there_has_neighbours(
    people: SnapshotStore, name: StreamName, asked: str, nearest: str | None
) -> None:
    near = people.keys_near(name, 1, asked, 3)
    assert len(near) <= 3
    assert next(iter(near), None) == nearest or nearest in near


def test_keys_are_found_by_what_their_rows_say(people: SnapshotStore, name: StreamName) -> None:
    condition = (pl.col("owner") == "1") & (pl.col("firstName") != "first of 17")
    assert people.keys_where(name, 1, ["owner", "firstName"], condition, 10) == ["1700", "171"]
    assert people.keys_where(name, 1, ["owner", "firstName"], condition, 1) == ["1700"]
    assert people.keys_where(name, 1, ["gone"], pl.col("gone").is_null(), 2) == ["17", "1700"]


def test_the_folded_index_tells_what_was_acknowledged_of_one_key(people: SnapshotStore, name: StreamName) -> None:
    row_hash = str(found(people, request(name, 1, ("owner",)))["17"]["_row_hash"])
    since = [Acknowledged("17", group, fingerprint(number), row_hash) for number, group in enumerate(("core", "tags"))]
    people.fold_acknowledged(request(name, 1, ("owner",), acknowledged=since), 1, keep=())
    assert people.acknowledged_in(name, 1, "17") == {"core": fingerprint(0), "tags": fingerprint(1)}
    assert people.acknowledged_in(name, 1, "7") == people.acknowledged_in(name, 1, "nobody") == {}


def test_a_change_set_tells_the_change_of_one_key(store: SnapshotStore, name: StreamName) -> None:
    changes = [Change(key, ChangeKind.CREATE, key, "hash", {"core": fingerprint(1)}, None) for key in ("1", "2")]
    writer = store.open_change_set(name, 1)
    writer.write([change.as_row() for change in changes])
    writer.seal()
    writer.discard()
    assert [Change.from_row(row) for row in store.change_of(name, 1, "2").iter_rows(named=True)] == changes[1:]
    assert store.change_of(name, 1, "3").is_empty()
