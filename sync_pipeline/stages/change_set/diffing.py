"""The comparison: candidates from the store, mapped, weighed against what is acknowledged and what stands."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
import polars as pl

from sync_pipeline.domain.change import Change, ChangeCounts, ChangeKind
from sync_pipeline.domain.cut import KEY_COLUMN
from sync_pipeline.domain.diff import DELETED_ROW_HASH, DiffRequest
from sync_pipeline.domain.mapping import RecordMapping
from sync_pipeline.domain.positions import CutRow, Position
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known, RecordKind, Rules
from sync_pipeline.domain.records.changes import deletion_change, record_change
from sync_pipeline.domain.standing import Standing
from sync_pipeline.stages.change_set.guarding import Measured
from sync_pipeline.stages.context import ReadContext


@dataclass(slots=True)
class Diff:
    """What the comparison of one cut found. `settled` counts candidates that turned out to need nothing.

    `measured` are the changes that nobody approved yet.
    """

    kinds: dict[ChangeKind, int] = field(default_factory=lambda: dict.fromkeys(ChangeKind, 0))
    changed_keys: list[str] = field(default_factory=list)
    settled: int = 0
    measured: Measured = field(default_factory=Measured)

    def add(self, change: Change) -> None:
        self.kinds[change.kind] += 1
        self.measured.add(change)
        self.changed_keys.append(change.key)

    def counts(self, snapshot_rows: int) -> ChangeCounts:
        creates, updates, deletes = (self.kinds[kind] for kind in ChangeKind)
        return ChangeCounts(creates, updates, deletes, max(0, snapshot_rows - creates - updates))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One cut's comparison: the request for the store, the mapping, and what stands in the ledger by key."""

    context: ReadContext
    cut: CutRow
    request: DiffRequest
    mapping: RecordMapping
    kind: RecordKind
    rules: Rules
    standing: Mapping[str, Mapping[str, Standing]]


def prepare(context: ReadContext, cut: CutRow, position: Position, mapping: RecordMapping) -> Comparison:
    """Gather what the store has to compare for this cut."""
    customer_id = context.customer.id
    rules = context.rules(cut.stream)
    standing: dict[str, dict[str, Standing]] = defaultdict(dict)
    for (key, group), what in context.positions.standing(customer_id, cut.stream).items():
        standing[key][group] = what
    request = DiffRequest(
        name=context.stream_name(cut.stream),
        cut=cut.snapshot_cut if cut.snapshot_cut is not None else cut.cut,
        columns=mapping.columns,
        absence_is_deletion=cut.proven and rules.on_delete != "ignore",
        index_cut=position.acknowledged_cut,
        remap=position.mapping_hash != mapping.hash,
        acknowledged=context.positions.acknowledged_since_fold(customer_id, cut.stream),
        recheck=sorted(standing),
    )
    kind = KINDS[context.customer.streams[cut.stream].recipe.writes]
    return Comparison(context, cut, request, mapping, kind, rules, standing)


def differences(comparison: Comparison, diff: Diff) -> Iterator[Change]:
    """The changes of a cut, in bounded memory; what they add up to is counted in `diff`."""
    for frame in comparison.context.snapshots.candidates(comparison.request):
        for change in _frame_changes(comparison, frame):
            if change is None:
                diff.settled += 1
            else:
                diff.add(change)
                yield change


def _frame_changes(comparison: Comparison, frame: pl.DataFrame) -> Iterator[Change | None]:
    facts = frame.select(KEY_COLUMN, "_row_hash", "_acknowledged").iter_rows()
    known = {
        key: (row_hash, Known(_decoded(acknowledged), comparison.standing.get(key, {})))
        for key, row_hash, acknowledged in facts
    }
    present = frame.filter(pl.col("_present"))
    if present.height:
        for record in comparison.mapping.apply(present):
            row_hash, about = known[record.key]
            if record.matches:
                yield record_change(comparison.kind, record, row_hash, about, comparison.rules)
            else:
                yield _gone(comparison, record.key, record, row_hash, about)
    absent = frame.filter(~pl.col("_present"))[KEY_COLUMN].to_list()
    if absent:
        last = _last_seen(comparison, absent)
        references = comparison.context.positions.references(
            comparison.context.customer.id, comparison.cut.stream, absent
        )
        for key in absent:
            yield _gone(comparison, key, last.get(key), DELETED_ROW_HASH, known[key][1], references.get(key))


def _gone(
    comparison: Comparison,
    key: str,
    last: MappedRecord | None,
    row_hash: str,
    known: Known,
    reference: str | None = None,
) -> Change | None:
    if comparison.rules.on_delete == "ignore":
        return None
    return deletion_change(comparison.kind, key, reference, last, row_hash, known, comparison.rules)


def _last_seen(comparison: Comparison, keys: list[str]) -> dict[str, MappedRecord]:
    """Vanished records as the last compared snapshot has them; the newest snapshot no longer does."""
    context = comparison.context
    snapshot = context.cuts.diffed_snapshot(context.customer.id, comparison.cut.stream)
    if snapshot is None:
        return {}
    rows = context.snapshots.rows(comparison.request.name, snapshot, keys, comparison.request.columns)
    return {record.key: record for record in comparison.mapping.apply(rows)}


def _decoded(acknowledged: str | None) -> Mapping[str, str]:
    return {} if acknowledged is None else msgspec.json.decode(acknowledged)
