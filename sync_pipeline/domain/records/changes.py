"""A record, weighed: does it need writes, and which ones?"""

from collections.abc import Mapping

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records.kind import CORE, Known, RecordKind, Rules
from sync_pipeline.domain.standing import needs_write

FINAL = (
    "Virtuous has this {kind} and takes no change of it: correct it there by hand (or take it back at the source), "
    "then discard this"
)


def record_change(kind: RecordKind, record: MappedRecord, row_hash: str, known: Known, rules: Rules) -> Change | None:
    """The create or update that a present record needs, or None."""
    problem = record.failed or (None if record.reference else "the recipe's reference is empty") or kind.problem(record)
    if problem is not None or record.reference is None:
        prints = {CORE: fingerprint({"unmappable": row_hash})}
    else:
        prints = {group: fingerprint(values) for group, values in kind.groups(record).items()}
    compared = {CORE: prints[CORE]} if kind.is_final and known.acknowledged else prints
    needed = _needed(compared, known)
    if not needed:
        return None
    is_acknowledged = all(known.acknowledged.get(group) == value for group, value in compared.items())
    if kind.is_final and known.acknowledged and (not is_acknowledged or _may_be_taken_back(known)):
        problem = problem or FINAL.format(kind=kind.name)
    reference = record.reference or record.key
    return Change(
        key=record.key,
        kind=ChangeKind.UPDATE if known.acknowledged else ChangeKind.CREATE,
        reference=reference,
        row_hash=row_hash,
        fingerprints=prints,
        writes=None if problem is not None else kind.writes(record, reference, rules, needed, known),
        record_kind=kind.name,
        problem=problem,
        is_acknowledged=is_acknowledged,
        is_urgent=record.is_urgent,
    )


def deletion_change(
    kind: RecordKind,
    key: str,
    reference: str | None,
    last: MappedRecord | None,
    row_hash: str,
    known: Known,
    rules: Rules,
) -> Change | None:
    """What tells Virtuous that a record is gone at the source, or None when nothing has to be said.

    `last` is the record as it was last seen. A record that never reached Virtuous only takes back what is still open
    for it.
    """
    reference = reference or (last.reference if last is not None else None)
    if not known.acknowledged and not known.standing:
        return None
    deletion = kind.deletion(last, reference or key, rules)
    if deletion is None:
        return None
    prints = {CORE: fingerprint(deletion.values)}
    if not _needed(prints, known):
        return None
    problem = deletion.problem or ("the reference of the vanished record is unknown" if reference is None else None)
    return Change(
        key=key,
        kind=ChangeKind.DELETE,
        reference=reference or key,
        row_hash=row_hash,
        fingerprints=prints,
        writes=None if problem is not None else deletion.writes,
        record_kind=kind.name,
        problem=problem,
        is_acknowledged=not known.acknowledged or known.acknowledged.get(CORE) == prints[CORE],
    )


def _may_be_taken_back(known: Known) -> bool:
    """A reversal that may have arrived: sending the gift again would be taken for a repeat of what is reversed."""
    standing = known.standing.get(CORE)
    return standing is not None and standing.state in (State.SENDING, State.REVIEW)


def _needed(prints: Mapping[str, str], known: Known) -> set[str]:
    return {
        group
        for group, value in prints.items()
        if needs_write(value, known.acknowledged.get(group), known.standing.get(group))
    }
