"""Whole nights, one after the other, against a model of dicts."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.diff import DELETED_ROW_HASH, Acknowledged, DiffRequest
from sync_pipeline_tests.adapters.parquet.helpers import contents, fingerprint, found, read, request

NAME = StreamName("riverside-food-bank", "users")
KEYS = ["1", "o'brien", 'a"b', "ключ", "A", "a"]
COLUMNS = ["id", "ID", 'a"b', "late"]
GROUPS = ["core", "Tags"]

Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Entry:
    """What is acknowledged of a key; `values` are those of the acknowledged row, None when no row can equal it."""

    values: tuple[str | None, ...] | None = None
    deleted: bool = False
    fingerprints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Night:
    """`full`: the rows replace the snapshot; otherwise they are a delta. `kept` and `told` pick among candidates."""

    rows: Mapping[str, Values]
    full: bool
    absence_is_deletion: bool
    remap: bool
    folded: bool
    recheck: list[str]
    kept: list[str]
    told: list[tuple[str, str]]


def _rows() -> st.SearchStrategy[dict[str, dict[str, str | None]]]:
    value = st.sampled_from([None, "", "x", "y"])
    return st.dictionaries(st.sampled_from(KEYS), st.dictionaries(st.sampled_from(COLUMNS), value))


NIGHTS = st.lists(
    st.builds(
        Night,
        rows=_rows(),
        full=st.booleans(),
        absence_is_deletion=st.booleans(),
        remap=st.integers(0, 3).map(lambda number: number == 0),
        folded=st.booleans(),
        recheck=st.lists(st.sampled_from([*KEYS, "never seen"]), max_size=2),
        kept=st.lists(st.sampled_from([*KEYS, "never seen"]), max_size=4),
        told=st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(GROUPS)), max_size=4),
    ),
    min_size=2,
    max_size=5,
)


class Model:
    """The same nights in dicts: what the store must answer."""

    def __init__(self) -> None:
        self.snapshot: dict[str, Values] = {}
        self.index: dict[str, Entry] = {}
        self.since: list[Acknowledged] = []
        self.values_of: dict[str, tuple[str | None, ...]] = {}

    def read(self, rows: Mapping[str, Values], *, full: bool) -> None:
        self.snapshot = dict(rows) if full else {**self.snapshot, **rows}

    def current(self, key: str) -> tuple[str | None, ...]:
        return tuple(self.snapshot[key].get(column) for column in COLUMNS)

    def acknowledged(self) -> dict[str, Entry]:
        entries = dict(self.index)
        for row in self.since:
            before = entries.get(row.key, Entry())
            entries[row.key] = Entry(
                self.values_of.get(row.row_hash),
                row.row_hash == DELETED_ROW_HASH,
                {**before.fingerprints, row.field_group: row.fingerprint},
            )
        return entries

    def candidates(self, asked: DiffRequest) -> dict[str, tuple[bool, Mapping[str, str], bool]]:
        """By key: present, fingerprints, deleted."""
        entries = self.acknowledged()
        wanted = set(asked.recheck)
        for key in self.snapshot:
            if asked.remap or key not in entries or entries[key].values != self.current(key):
                wanted.add(key)
        if asked.absence_is_deletion:
            wanted |= {key for key, entry in entries.items() if key not in self.snapshot and not entry.deleted}
        else:
            wanted &= set(self.snapshot)
        return {
            key: (key in self.snapshot, entries.get(key, Entry()).fingerprints, entries.get(key, Entry()).deleted)
            for key in wanted
        }

    def fold(self, kept: list[str]) -> None:
        entries = self.acknowledged()
        for key in self.snapshot:
            if key not in kept:
                entries[key] = replace(entries.get(key, Entry()), values=self.current(key))
        self.index, self.since = entries, []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NIGHTS)
def test_every_night_finds_what_the_model_finds(nights: list[Night]) -> None:
    with tempfile.TemporaryDirectory() as root:
        store = ParquetStore(Path(root), memory_limit_mb=200, threads=1)
        model = Model()
        snapshot_cut = index_cut = None
        for cut, night in enumerate(nights, start=1):
            read(store, NAME, cut, night.rows)
            if night.full:
                store.replace_snapshot(NAME, cut)
                snapshot_cut = cut
            else:
                snapshot_cut = store.merge_delta(NAME, cut, snapshot_cut)
            model.read(night.rows, full=night.full)
            _expect_snapshot(store, snapshot_cut, model)

            asked = request(
                NAME,
                snapshot_cut,
                COLUMNS,
                index_cut=index_cut,
                acknowledged=list(model.since),
                recheck=night.recheck,
                remap=night.remap,
                absence_is_deletion=night.absence_is_deletion,
            )
            hashes = _expect_candidates(store, asked, model)
            if night.folded:
                store.fold_acknowledged(asked, cut, keep=night.kept)
                index_cut = cut
                model.fold(night.kept)
            model.since += [
                Acknowledged(key, group, fingerprint(cut), hashes[key]) for key, group in night.told if key in hashes
            ]


def _expect_snapshot(store: ParquetStore, snapshot_cut: int, model: Model) -> None:
    columns = store.columns(NAME, snapshot_cut)
    assert store.count(NAME, snapshot_cut) == len(model.snapshot)
    assert contents(store, NAME, snapshot_cut, KEYS) == {
        key: {column: row.get(column) for column in columns} for key, row in model.snapshot.items()
    }


def _expect_candidates(store: ParquetStore, asked: DiffRequest, model: Model) -> dict[str, str]:
    """Compare with the model; answers the row hash to acknowledge each candidate with."""
    candidates = found(store, asked)
    facts = {
        key: (row["_present"], json.loads(str(row["_acknowledged"] or "{}")), row["_deleted"])
        for key, row in candidates.items()
    }
    assert facts == model.candidates(asked)
    hashes = {}
    for key, row in candidates.items():
        values = tuple(row[column] for column in COLUMNS)
        if row["_present"]:
            assert values == model.current(key)
            hashes[key] = str(row["_row_hash"])
            assert model.values_of.setdefault(hashes[key], model.current(key)) == model.current(key)
        else:
            assert set(values) == {None}
            hashes[key] = DELETED_ROW_HASH
    return hashes
