from pathlib import Path

from sync_pipeline.domain.cut import StreamName
from sync_pipeline.ports import SnapshotStore


def change(number: int) -> dict[str, str | None]:
    return {
        "_key": str(number),
        "kind": "update",
        "reference": None if number % 2 else f"ref {number}",
        "row_hash": str(number * 7),
        "payload": '{"firstName": "O\'Neil \\"X\\""}',
        "fingerprints": "{}",
    }


def test_changes_come_back_in_their_order_in_bounded_frames(store: SnapshotStore, name: StreamName) -> None:
    writer = store.open_change_set(name, 4)
    changes = [change(number) for number in range(25_003)]
    for at in range(0, len(changes), 7_000):
        writer.write(changes[at : at + 7_000])
    assert writer.seal() == 25_003
    frames = list(store.change_set(name, 4))
    assert [frame.height for frame in frames] == [10_000, 10_000, 5_003]
    assert [row for frame in frames for row in frame.to_dicts()] == changes


def test_an_empty_change_set_is_a_change_set(store: SnapshotStore, name: StreamName) -> None:
    assert store.open_change_set(name, 4).seal() == 0
    assert list(store.change_set(name, 4)) == []


def test_nothing_counts_until_it_is_sealed(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    sealed = store.open_change_set(name, 4)
    sealed.write([change(1)])
    sealed.seal()
    again = store.open_change_set(name, 4)
    again.write([change(number) for number in range(12_000)])
    assert [row for frame in store.change_set(name, 4) for row in frame.to_dicts()] == [change(1)]
    again.discard()
    assert [path.name for path in (folder / "change_sets").iterdir()] == ["4.parquet"]
