"""Short ways to say what a test is about."""

from collections.abc import Iterable, Mapping, Sequence

from sync_pipeline.domain.cut import SealedCut, StreamName
from sync_pipeline.domain.diff import Acknowledged, DiffRequest
from sync_pipeline.domain.time_format import ISO
from sync_pipeline.ports import SnapshotStore

KEY = (("id",),)


def read(
    store: SnapshotStore,
    name: StreamName,
    cut: int,
    rows: Mapping[str, Mapping[str, str | None]],
    modified: str | None = None,
    time_format: str = ISO,
) -> SealedCut:
    """Read these rows, by key, into a sealed cut."""
    writer = store.open_cut(name, cut, KEY)
    writer.write([{"_key": key, **row} for key, row in rows.items()])
    return writer.seal(modified, time_format)


def snapshot(store: SnapshotStore, name: StreamName, cut: int, rows: Mapping[str, Mapping[str, str | None]]) -> None:
    """Make these rows, by key, the snapshot of the cut."""
    read(store, name, cut, rows)
    store.replace_snapshot(name, cut)


def contents(store: SnapshotStore, name: StreamName, cut: int, keys: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """The snapshot's rows of these keys, by key."""
    rows = store.rows(name, cut, list(keys), store.columns(name, cut)).to_dicts()
    return {row.pop("_key"): row for row in rows}


def request(
    name: StreamName,
    cut: int,
    columns: Sequence[str] = ("email",),
    *,
    index_cut: int | None = None,
    acknowledged: Sequence[Acknowledged] = (),
    recheck: Sequence[str] = (),
    remap: bool = False,
    absence_is_deletion: bool = True,
) -> DiffRequest:
    return DiffRequest(name, cut, tuple(columns), absence_is_deletion, index_cut, remap, acknowledged, recheck)


def found(store: SnapshotStore, request: DiffRequest) -> dict[str, dict[str, str | bool | None]]:
    """The candidates by key; a key that comes twice fails the test."""
    rows = [row for frame in store.candidates(request) for row in frame.to_dicts()]
    by_key = {row["_key"]: row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def fingerprint(number: int) -> str:
    return f"{number:032x}"
