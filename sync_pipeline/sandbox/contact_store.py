"""Held transactions, the import that turns them into contacts, and the contacts themselves."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sync_pipeline.sandbox.books import reference_name
from sync_pipeline.sandbox.contact_rules import RECORD_FIELDS

Row = dict[str, Any]


@dataclass
class Contact:
    """One record: the flat fields of the transactions merged into it, and where it is known from."""

    contact_id: int
    created_at: float
    modified_at: float
    fields: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)

    @property
    def email(self) -> str:
        return self.fields.get("email", "").lower()

    def flat(self) -> dict[str, Any]:
        return {**self.fields, "tags": sorted(self.tags)}


class ContactStore:
    """The contacts of one organization.

    Matching at an import: external reference, then e-mail, then a new contact (section 4.1 of the reference; scored
    matching by name and address is left out, so two people are never taken for one here).
    """

    def __init__(self) -> None:
        self.contacts: dict[int, Contact] = {}
        self.held: list[Row] = []
        self._ids = count(1001)
        self._by_reference: dict[tuple[str, str], Contact] = {}
        self._by_email: dict[str, dict[int, Contact]] = {}

    def hold(self, rows: list[Row]) -> None:
        self.held += rows

    def run_import(self, now: float) -> dict[str, int]:
        """Turns every held transaction into a record, in the order of acceptance."""
        before = len(self.contacts)
        rows, self.held = self.held, []
        for row in rows:
            self._take(row, now)
        created = len(self.contacts) - before
        return {"imported": len(rows), "created": created, "merged": len(rows) - created}

    def find(self, source: str, reference_id: str) -> Contact | None:
        return self._by_reference.get((source, reference_id))

    def find_by_email(self, email: str) -> Contact | None:
        return next(iter(self._by_email.get(email.lower(), {}).values()), None)

    def by_reference(self) -> dict[str, dict[str, Any]]:
        return {reference_name(*reference): contact.flat() for reference, contact in self._by_reference.items()}

    def duplicates(self) -> int:
        """How many contacts share an e-mail or a reference with another."""
        by_reference: dict[tuple[str, str], list[int]] = {}
        for contact in self.contacts.values():
            for reference in contact.references:
                by_reference.setdefault(reference, []).append(contact.contact_id)
        groups = [*by_reference.values(), *self._by_email.values()]
        return len({contact_id for group in groups if len(group) > 1 for contact_id in group})

    def _take(self, row: Row, now: float) -> None:
        reference = (row.get("referenceSource") or "", row.get("referenceId") or "")
        contact = self.find(*reference) if reference[1] else None
        contact = contact or self.find_by_email(row.get("email") or "") or self._create(now)
        if reference[1] and reference not in self._by_reference:
            contact.references.append(reference)
            self._by_reference[reference] = contact
        self._merge(contact, row, now)

    def _create(self, now: float) -> Contact:
        contact = Contact(next(self._ids), now, now)
        self.contacts[contact.contact_id] = contact
        return contact

    def _merge(self, contact: Contact, row: Row, now: float) -> None:
        """Present fields replace, an empty text clears, tags are added, what is left out stays."""
        before, tags_before, email_before = dict(contact.fields), len(contact.tags), contact.email
        contact.fields |= {name: row[name] for name in RECORD_FIELDS if row.get(name) is not None}
        wanted = (tag.strip() for tag in (row.get("tags") or "").split(";"))
        contact.tags += [tag for tag in dict.fromkeys(wanted) if tag and tag not in contact.tags]
        if (contact.fields, len(contact.tags)) != (before, tags_before):
            contact.modified_at = now
        if contact.email != email_before:
            self._by_email.get(email_before, {}).pop(contact.contact_id, None)
            if contact.email:
                self._by_email.setdefault(contact.email, {})[contact.contact_id] = contact
