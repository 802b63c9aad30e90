"""Records, weighed in few words."""

from collections.abc import Mapping, Sequence

from sync_pipeline.domain.change import Change, Write
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import Known, RecordKind, Rules
from sync_pipeline.domain.records.changes import deletion_change, record_change
from sync_pipeline.domain.standing import Standing

Fields = Mapping[str, str | None]

REFERENCE = "r-1"
RULES = Rules("VOMO", on_delete="tag", deleted_tag="VOMO: removed", today="2026-03-01")
NEVER_SEEN = Known({}, {})


def record(
    fields: Fields,
    *,
    reference: str | None = REFERENCE,
    tags: Sequence[str] = (),
    designations: Sequence[Fields] | None = None,
    failed: str | None = None,
) -> MappedRecord:
    """A record of the key `k`."""
    split = None if designations is None else tuple(designations)
    return MappedRecord("k", True, reference, fields, tuple(tags), failed=failed, designations=split)


def prints(kind: RecordKind, one: MappedRecord) -> dict[str, str]:
    """The fingerprint of every field group."""
    return {group: fingerprint(values) for group, values in kind.groups(one).items()}


def has(kind: RecordKind, one: MappedRecord) -> Known:
    """Virtuous acknowledged this record, and nothing else stands."""
    return Known(prints(kind, one), {})


def but(known: Known, change: Change, state: State) -> Known:
    """As before, but the operations of `change` stand in the ledger."""
    return Known(known.acknowledged, {group: Standing(value, state) for group, value in change.fingerprints.items()})


def weighed(kind: RecordKind, one: MappedRecord, known: Known = NEVER_SEEN, rules: Rules = RULES) -> Change | None:
    return record_change(kind, one, "hash", known, rules)


def change_of(kind: RecordKind, one: MappedRecord, known: Known = NEVER_SEEN, rules: Rules = RULES) -> Change:
    """The change of a record that must need one."""
    change = weighed(kind, one, known, rules)
    assert change is not None
    return change


def writes_of(
    kind: RecordKind, one: MappedRecord, known: Known = NEVER_SEEN, rules: Rules = RULES
) -> tuple[Write, ...]:
    """The writes of a record that must need some."""
    change = change_of(kind, one, known, rules)
    assert change.writes is not None, change.problem
    return change.writes


def gone(
    kind: RecordKind,
    last: MappedRecord | None,
    known: Known,
    rules: Rules = RULES,
    *,
    reference: str | None = REFERENCE,
) -> Change | None:
    """What tells Virtuous that the record of the key `k` vanished."""
    return deletion_change(kind, "k", reference, last, "deleted", known, rules)
