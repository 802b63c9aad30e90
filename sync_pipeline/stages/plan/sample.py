"""A few changes to look at, with their values: what each field is now and what the last compared read had."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from typing import Any

from sync_pipeline.domain.change import Action, Change, ChangeKind, Write
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known
from sync_pipeline.stages.context import ReadContext

SAMPLE_CHANGES = 10
UNKNOWN = Known({}, {})
NOT_SENT = frozenset({"referenceId", "transactionId", "replaces"})
"""Parts of a payload that name the record or steer the write: nothing a person would call a field."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The value that will be sent, None when the source has none any more. `is_known`: `old` says something."""

    new: Any
    old: Any = None
    is_known: bool = False
    is_personal: bool = True


@dataclass(frozen=True, slots=True)
class SampledChange:
    """One change and the fields it sends; of an update whose old values are known, those that differ."""

    stream: str
    key: str
    kind: ChangeKind
    fields: Mapping[str, FieldChange]
    problem: str | None


@dataclass(slots=True)
class StreamSample:
    """The first changes of each kind of one stream."""

    context: ReadContext
    stream: str
    kept: dict[ChangeKind, list[Change]] = field(default_factory=lambda: {kind: [] for kind in ChangeKind})

    def add(self, change: Change) -> None:
        if len(self.kept[change.kind]) < SAMPLE_CHANGES:
            self.kept[change.kind].append(change)

    def changes(self) -> list[SampledChange]:
        """The kept changes, of each kind the first, then of each kind the second and so on."""
        turns = chain.from_iterable(zip_longest(*self.kept.values()))
        chosen = list(islice((change for change in turns if change is not None), SAMPLE_CHANGES))
        before = self._before([change.key for change in chosen if change.kind == ChangeKind.UPDATE])
        return [self._sampled(change, before.get(change.key)) for change in chosen]

    def _before(self, keys: Sequence[str]) -> dict[str, MappedRecord]:
        """These records as the last compared snapshot has them, mapped by the recipe of today."""
        snapshot = self.context.cuts.diffed_snapshot(self.context.customer.id, self.stream)
        if snapshot is None or not keys:
            return {}
        mapping = self.context.mapping(self.stream)
        rows = self.context.snapshots.rows(self.context.stream_name(self.stream), snapshot, keys, mapping.columns)
        return {record.key: record for record in mapping.apply(rows)}

    def _sampled(self, change: Change, before: MappedRecord | None) -> SampledChange:
        is_deletion = change.kind == ChangeKind.DELETE
        fields = _deletion(change) if is_deletion else self._field_changes(change, before)
        return SampledChange(self.stream, change.key, change.kind, fields, change.problem)

    def _field_changes(self, change: Change, before: MappedRecord | None) -> dict[str, FieldChange]:
        new = dict(_flat(_payload(change.writes or ())))
        if before is not None and before.reference is not None and before.failed is None:
            kind, rules = KINDS[change.record_kind], self.context.rules(self.stream)
            if kind.problem(before) is None:
                needed = frozenset(change.fingerprints)
                old = dict(_flat(_payload(kind.writes(before, before.reference, rules, needed, UNKNOWN))))
                differing = {
                    name: FieldChange(new.get(name), old.get(name), is_known=True)
                    for name in dict.fromkeys([*new, *old])
                    if new.get(name) != old.get(name) and name not in NOT_SENT
                }
                if differing:
                    return differing
        return {name: FieldChange(value) for name, value in new.items() if name not in NOT_SENT}


def mixed(samples: Sequence[Sequence[SampledChange]]) -> list[SampledChange]:
    """At most SAMPLE_CHANGES of several streams, in turns."""
    turns = chain.from_iterable(zip_longest(*samples))
    return list(islice((change for change in turns if change is not None), SAMPLE_CHANGES))


def _deletion(change: Change) -> dict[str, FieldChange]:
    """What tells Virtuous that a record is gone: a tag, or the call that does it."""
    if change.writes is None:
        return {}
    write = change.writes[0]
    if write.action == Action.SAVE:
        return {"tags": FieldChange(write.payload["tags"], is_personal=False)}
    return {"action": FieldChange(write.action.value, is_personal=False)}


def _payload(writes: Sequence[Write]) -> Mapping[str, Any]:
    """What is saved; a change of tags alone may be a call of its own."""
    return next((write.payload for write in writes if write.action == Action.SAVE), {})


def _flat(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", text) for inner, text in value.items())
        else:
            yield name, value
