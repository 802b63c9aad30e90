"""Held transactions, the import that turns them into contacts, and the contacts themselves."""

from collections.abc import Callable
from itertools import count
from typing import Any

from sync_pipeline.sandbox.books import Books, reference_name
from sync_pipeline.sandbox.contact import IMPORT, Contact
from sync_pipeline.sandbox.contact_rules import RECORD_FIELDS
from sync_pipeline.sandbox.tag_store import TagStore

Row = dict[str, Any]


class ContactStore:
    """The contacts of one organization.

    Matching at an import: external reference, then e-mail, then a new contact (section 4.1 of the reference; scored
    matching by name and address is left out, so two people are never taken for one here). Whether archived contacts
    match is not published: here they do, as hours are documented to keep landing on an archived person.
    """

    def __init__(self, books: Books) -> None:
        self.contacts: dict[int, Contact] = {}
        self.held: list[Row] = []
        self.tags = TagStore()
        self._books = books
        self._ids = count(1001)
        self._by_reference: dict[tuple[str, str], Contact] = {}
        self._by_email: dict[str, dict[int, Contact]] = {}

    def hold(self, rows: list[Row]) -> None:
        self.held += rows

    def run_import(self, now: float, imported: Callable[[Contact, Row], None]) -> dict[str, int]:
        """Turns every held transaction into a record, in the order of acceptance; `imported` hears of each."""
        before = len(self.contacts)
        rows, self.held = self.held, []
        for row in rows:
            imported(self._take(row, now), row)
        created = len(self.contacts) - before
        return {"imported": len(rows), "created": created, "merged": len(rows) - created}

    def find(self, source: str, reference_id: str) -> Contact | None:
        return self._by_reference.get((source, reference_id))

    def find_by_email(self, email: str) -> Contact | None:
        return next(iter(self._by_email.get(email.lower(), {}).values()), None)

    def current(self, contact_id: object) -> Contact | None:
        """The contact itself, or the one it was merged into."""
        contact = self.contacts.get(contact_id) if isinstance(contact_id, int) else None
        return contact if contact is None or contact.merged_into is None else self.current(contact.merged_into)

    def of_individual(self, individual_id: object) -> Contact | None:
        contact = self.contacts.get(individual_id // 10) if isinstance(individual_id, int) else None
        known = contact is not None and individual_id in contact.individual_ids
        return self.current(contact.contact_id) if contact and known else None

    def by_reference(self) -> dict[str, dict[str, Any]]:
        return {reference_name(*reference): contact.flat() for reference, contact in self._by_reference.items()}

    def ids_by_reference(self) -> dict[str, int]:
        return {reference_name(*reference): contact.contact_id for reference, contact in self._by_reference.items()}

    def duplicates(self) -> int:
        """How many contacts share an e-mail or a reference with another."""
        by_reference: dict[tuple[str, str], list[int]] = {}
        for contact in self.contacts.values():
            for reference in contact.references:
                by_reference.setdefault(reference, []).append(contact.contact_id)
        groups = [*by_reference.values(), *self._by_email.values()]
        return len({contact_id for group in groups if len(group) > 1 for contact_id in group})

    def create(self, now: float) -> Contact:
        contact = Contact(next(self._ids), now, now)
        self.contacts[contact.contact_id] = contact
        return contact

    def attach(self, contact: Contact, source: str, reference_id: str) -> None:
        """A reference belongs to one contact for good; an empty one to none."""
        reference = (source, reference_id)
        if reference_id and reference not in self._by_reference:
            contact.references.append(reference)
            self._by_reference[reference] = contact

    def add_tags(self, contact: Contact, tags: str | None, now: float) -> None:
        """Several in one text, separated by semicolons."""
        for tag in filter(None, (part.strip() for part in (tags or "").split(";"))):
            self.add_tag(contact, tag, now)

    def add_tag(self, contact: Contact, tag: str, now: float) -> None:
        if self.tags.add(contact, tag):
            self._books.make("tags", contact.contact_id, tag)
            contact.modified_at = now

    def edit(self, contact: Contact, fields: dict[str, str], now: float, by: str = IMPORT) -> None:
        if all(contact.fields.get(name) == value for name, value in fields.items()):
            return
        email_before = contact.email
        contact.fields |= fields
        contact.modified_at, contact.modified_by = now, by
        if contact.email != email_before:
            self._by_email.get(email_before, {}).pop(contact.contact_id, None)
            if contact.email:
                self._by_email.setdefault(contact.email, {})[contact.contact_id] = contact

    def merge(self, loser: Contact, winner: Contact, now: float) -> None:
        """What staff do: references, tags and the e-mail lead to the winner from now on."""
        for reference in loser.references:
            self._by_reference[reference] = winner
        winner.references += loser.references
        loser.references = []
        self.tags.move(loser, winner)
        if loser.email:
            del self._by_email[loser.email][loser.contact_id]
            self._by_email[loser.email][winner.contact_id] = winner
        loser.merged_into = winner.contact_id
        loser.modified_at = winner.modified_at = now

    def _take(self, row: Row, now: float) -> Contact:
        """Present fields replace, an empty text clears, tags are added, what is left out stays."""
        source, reference_id = row.get("referenceSource") or "", row.get("referenceId") or ""
        contact = self.find(source, reference_id) if reference_id else None
        contact = contact or self.find_by_email(row.get("email") or "") or self.create(now)
        self.attach(contact, source, reference_id)
        self.edit(contact, {name: row[name] for name in RECORD_FIELDS if row.get(name) is not None}, now)
        self.add_tags(contact, row.get("tags"), now)
        return contact
