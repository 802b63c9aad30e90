"""A few changes to look at, with their values: what each field is now and what the last compared read had."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from typing import Any

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.contact import contact_payload
from sync_pipeline.domain.mapping import MappedRecord
from sync_pipeline.stages.context import ReadContext

SAMPLE_CHANGES = 10


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
        if change.kind == ChangeKind.DELETE:
            tag = self.context.mapping(self.stream).deleted_tag
            fields = {"tags": FieldChange(tag, is_personal=False)} if change.payload is not None else {}
        else:
            fields = _field_changes(change, before)
        return SampledChange(self.stream, change.key, change.kind, fields, change.problem)


def mixed(samples: Sequence[Sequence[SampledChange]]) -> list[SampledChange]:
    """At most SAMPLE_CHANGES of several streams, in turns."""
    turns = chain.from_iterable(zip_longest(*samples))
    return list(islice((change for change in turns if change is not None), SAMPLE_CHANGES))


def _field_changes(change: Change, before: MappedRecord | None) -> dict[str, FieldChange]:
    new = dict(_flat(change.payload or {}))
    if before is not None and before.reference is not None and before.failed is None:
        old = dict(_flat(contact_payload(before.reference, before.fields, before.tags)))
        differing = {
            name: FieldChange(new.get(name), old.get(name), is_known=True)
            for name in dict.fromkeys([*new, *old])
            if new.get(name) != old.get(name)
        }
        if differing:
            return differing
    return {name: FieldChange(value) for name, value in new.items() if name != "referenceId"}


def _flat(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", text) for inner, text in value.items())
        else:
            yield name, value
