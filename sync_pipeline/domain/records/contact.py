"""Contacts: people and organizations, written by transactions; archived and tagged by direct calls."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from sync_pipeline.domain.change import Action, Write
from sync_pipeline.domain.contact import (
    BIRTH_GENDER,
    CONTACT_FIELDS,
    CORE,
    TAGS,
    contact_payload,
    field_groups,
    is_contact_field,
    joined_tags,
    tag_prefix,
)
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records.kind import Deletion, Groups, Known, Rules

NAME_FIELDS = ("contactType", "name", "title", "firstName", "middleName", "lastName", "suffix")
NAMES = ("name", "firstName", "lastName")
PRESENCE = "presence"
"""The group of being there: what brings an archived contact back is acknowledged apart from its values."""

ARCHIVED = {"deleted": "archived"}
LEAP_YEAR = 2000  # a birthday without a year may be 29 February


class ContactKind:
    """Implements `RecordKind`."""

    name = "contact"
    fields = CONTACT_FIELDS
    deletions = ("tag", "archive", "ignore")
    takes_tags = True
    takes_designations = False
    is_final = False

    def accepts_field(self, name: str) -> bool:
        return is_contact_field(name)

    def problem(self, record: MappedRecord) -> str | None:
        """Virtuous refuses a contact without any name; whether it wants both parts, it says itself."""
        fields = {**record.first_only, **record.fields}
        if not any((fields.get(name) or "").strip() for name in NAMES):
            return "the contact has no name: name, firstName and lastName are empty"
        return _wrong_birthday(fields)

    def groups(self, record: MappedRecord) -> Groups:
        groups = field_groups(record.fields, record.tags)
        groups[CORE]["referenceId"] = record.reference
        return groups

    def writes(
        self, record: MappedRecord, reference: str, rules: Rules, needed: Collection[str], known: Known
    ) -> tuple[Write, ...]:
        return tuple(_writes(record, reference, rules, frozenset(needed), known))

    def deletion(self, last: MappedRecord | None, reference: str, rules: Rules) -> Deletion:
        """The tag travels as a transaction, which is refused without a name: `last` has it."""
        if rules.on_delete == "archive":
            return Deletion(ARCHIVED, (Write(Action.ARCHIVE, {"reason": rules.deleted_tag}, (CORE,)),))
        names = {name: last.fields[name] for name in NAME_FIELDS if name in last.fields} if last is not None else {}
        payload = contact_payload(reference, names, [rules.deleted_tag])
        return Deletion(_tagged(rules), (Write(Action.SAVE, payload, (CORE,)),))


def _writes(
    record: MappedRecord, reference: str, rules: Rules, needed: frozenset[str], known: Known
) -> Iterator[Write]:
    is_new = CORE not in known.acknowledged
    fields = {**record.first_only, **record.fields} if is_new else record.fields
    payload = contact_payload(reference, fields, record.tags)
    if known.acknowledged.get(CORE) == fingerprint(ARCHIVED):
        yield Write(Action.UNARCHIVE, {}, (PRESENCE,))
    changes_tags = rules.exact_tags and _has_tags_to_lose(record, rules, needed, known)
    if rules.bulk_tags and not needed - {TAGS} and TAGS in known.acknowledged:
        yield Write(Action.TAG, _tagging(record, rules, payload), (CORE, BIRTH_GENDER, TAGS))
    elif changes_tags:
        yield Write(Action.SAVE, payload, (CORE, BIRTH_GENDER))
        yield Write(Action.TAG, _tagging(record, rules, None), (TAGS,))
    else:
        yield Write(Action.SAVE, payload, (CORE, BIRTH_GENDER, TAGS))


def _has_tags_to_lose(record: MappedRecord, rules: Rules, needed: frozenset[str], known: Known) -> bool:
    """Whether Virtuous may have tags of ours that are not wanted any more.

    Also while they wait to be taken away and something else changes: the newer change takes the place of the older.
    """
    came_back = known.acknowledged.get(CORE) == fingerprint(_tagged(rules))
    acknowledged = known.acknowledged.get(TAGS)
    differ = acknowledged != fingerprint(field_groups({}, record.tags)[TAGS])
    return came_back or (acknowledged is not None and (TAGS in needed or differ))


def _tagged(rules: Rules) -> dict[str, str]:
    return {"deleted": rules.deleted_tag}


def _tagging(record: MappedRecord, rules: Rules, transaction: Mapping[str, object] | None) -> dict[str, object]:
    """The tags the contact should have; of those that begin with `prefix` no others, where they must be exact.

    `transaction` is what travels instead when Virtuous does not know a tag yet: only an import can define one.
    """
    return {
        "tags": joined_tags(record.tags),
        "prefix": tag_prefix(rules.reference_source) if rules.exact_tags else None,
        "transaction": transaction,
    }


def _wrong_birthday(fields: Mapping[str, str | None]) -> str | None:
    texts = [(fields.get(name) or "").strip() for name in ("birthYear", "birthMonth", "birthDay")]
    if not any(texts):
        return None
    try:
        year, month, day = (int(text) if text else None for text in texts)
        date(LEAP_YEAR if year is None else year, 1 if month is None else month, 1 if day is None else day)
    except (ValueError, OverflowError):
        return "birthYear, birthMonth and birthDay are no day of the calendar"
    return None
