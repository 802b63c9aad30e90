"""The notes of an organization's contacts. They have no external reference: a repeated POST makes a second note."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import Any

from sync_pipeline.sandbox.books import Books
from sync_pipeline.sandbox.contact import Contact

Row = dict[str, Any]


@dataclass
class Note:
    note_id: int
    contact_id: int
    created_at: float
    row: Row

    @property
    def text(self) -> str:
        return str(self.row.get("note") or "")

    def plain(self) -> Row:
        """The note as it truly is, for a judge."""
        return self.row | {"id": self.note_id, "contactId": self.contact_id, "note": self.text}


class NoteStore:
    def __init__(self, books: Books) -> None:
        self.notes: dict[int, Note] = {}
        self._by_contact: defaultdict[int, dict[int, Note]] = defaultdict(dict)
        self._books = books
        self._ids = count(90001)

    def add(self, contact: Contact, row: Row, now: float) -> Note:
        note = Note(next(self._ids), contact.contact_id, now, row)
        self.notes[note.note_id] = self._by_contact[contact.contact_id][note.note_id] = note
        self._books.make("notes", contact.contact_id, note.text)
        return note

    def of_contact(self, contact_id: int) -> list[Note]:
        return list(self._by_contact[contact_id].values())

    def delete(self, note: Note) -> None:
        del self.notes[note.note_id]
        del self._by_contact[note.contact_id][note.note_id]

    def move(self, loser: Contact, winner: Contact) -> None:
        moved = self._by_contact.pop(loser.contact_id, {})
        self._by_contact[winner.contact_id] |= moved
        for note in moved.values():
            note.contact_id = winner.contact_id

    def duplicates(self) -> int:
        """Notes too many: of one contact and text."""
        return len(self.notes) - len({(note.contact_id, note.text) for note in self.notes.values()})
