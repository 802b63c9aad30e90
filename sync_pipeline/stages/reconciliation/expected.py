"""What Virtuous should show of a record: the value that it accepted, worked out again from the source's record.

The ledger forgets payloads, which are personal data. The newest snapshot has the record; its value is the accepted one
as long as the fingerprints agree.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync_pipeline.domain.confirmation import Sent
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS
from sync_pipeline.stages.context import StageContext

KEYS_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True)
class Expected:
    """The value of one record. `record` is None for somebody who left: the contact carries a tag."""

    sent: Sent
    fields: Mapping[str, str | None]
    tags: tuple[str, ...]
    record: MappedRecord | None


def expected_values(context: StageContext, sent: Sequence[Sent]) -> Iterator[Expected]:
    """The values of those whose source has not moved on since; the others have a newer one on its way."""
    by_stream: defaultdict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_stream[one.stream].append(one)
    for stream, some in by_stream.items():
        for start in range(0, len(some), KEYS_AT_A_TIME):
            yield from _of_stream(context, stream, some[start : start + KEYS_AT_A_TIME])


def prints_of(record: MappedRecord) -> dict[str, str]:
    """The fingerprints of a contact by field group, as the diff has them."""
    return {group: fingerprint(values) for group, values in KINDS["contact"].groups(record).items()}


def _of_stream(context: StageContext, stream: str, sent: Sequence[Sent]) -> Iterator[Expected]:
    mapping = context.mapping(stream)
    deleted_tag = context.rules(stream).deleted_tag
    departed = fingerprint({"deleted": deleted_tag})
    snapshot = context.cuts.diffed_snapshot(context.customer.id, stream)
    records: dict[str, MappedRecord] = {}
    if snapshot is not None:
        keys = [one.key for one in sent]
        rows = context.snapshots.rows(context.stream_name(stream), snapshot, keys, mapping.columns)
        records = {record.key: record for record in mapping.apply(rows)}
    for one in sent:
        record = records.get(one.key)
        if one.fingerprints.get("core") == departed:
            yield Expected(one, {}, (deleted_tag,), None)
        elif record is not None and record.matches and record.failed is None and record.reference:
            prints = prints_of(record)
            if all(prints.get(group) == value for group, value in one.fingerprints.items()):
                yield Expected(one, record.fields, record.tags, record)
