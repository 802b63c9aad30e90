"""A contact's record, weighed: does it need a write, and which one?"""

from collections.abc import Mapping
from dataclasses import dataclass

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.contact import CORE, contact_payload, field_groups
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.mapping import MappedRecord
from sync_pipeline.domain.standing import Standing, needs_write

NAME_FIELDS = ("contactType", "name", "title", "firstName", "middleName", "lastName", "suffix")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key before its record is looked at.

    `acknowledged` and `standing` are by field group; both are empty for a key never seen.
    """

    acknowledged: Mapping[str, str]
    standing: Mapping[str, Standing]


def contact_change(record: MappedRecord, row_hash: str, known: Known) -> Change | None:
    """The create or update a present record needs, or None."""
    problem = record.failed or (None if record.reference else "the recipe's reference is empty")
    if problem is not None or record.reference is None:
        prints = {CORE: fingerprint({"unmappable": row_hash})}
        reference, payload = record.reference or record.key, None
    else:
        groups = field_groups(record.fields, record.tags)
        groups[CORE]["referenceId"] = record.reference
        prints = {group: fingerprint(values) for group, values in groups.items()}
        reference, payload = record.reference, contact_payload(record.reference, record.fields, record.tags)
    if not _needed(prints, known):
        return None
    return Change(
        key=record.key,
        kind=ChangeKind.UPDATE if known.acknowledged else ChangeKind.CREATE,
        reference=reference,
        row_hash=row_hash,
        fingerprints=prints,
        payload=payload,
        problem=problem,
        is_acknowledged=all(known.acknowledged.get(group) == value for group, value in prints.items()),
    )


def deletion_change(
    key: str, reference: str | None, last: MappedRecord | None, deleted_tag: str, row_hash: str, known: Known
) -> Change | None:
    """The tag that tells staff that a record is gone at the source, or None when nothing has to be said.

    `last` is the record as it was last seen: a contact transaction is refused without a name. A record that never
    reached Virtuous only takes back what is still open for it.
    """
    reference = reference or (last.reference if last is not None else None)
    if not known.acknowledged and not known.standing:
        return None
    prints = {CORE: fingerprint({"deleted": deleted_tag})}
    if not _needed(prints, known):
        return None
    names = {name: last.fields[name] for name in NAME_FIELDS if name in last.fields} if last is not None else {}
    return Change(
        key=key,
        kind=ChangeKind.DELETE,
        reference=reference or key,
        row_hash=row_hash,
        fingerprints=prints,
        payload=None if reference is None else contact_payload(reference, names, [deleted_tag]),
        problem="the reference of the vanished record is unknown" if reference is None else None,
        is_acknowledged=not known.acknowledged or known.acknowledged.get(CORE) == prints[CORE],
    )


def _needed(prints: Mapping[str, str], known: Known) -> bool:
    return any(
        needs_write(value, known.acknowledged.get(group), known.standing.get(group)) for group, value in prints.items()
    )
