"""Notes of a contact. They have no external reference: the text carries a mark by which we find our own again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_pipeline.domain.crm.reading import listing, record_id
from sync_pipeline.domain.request import Request

CREATE = "POST /api/ContactNote"
BULK = "POST /api/ContactNote/Bulk"


def create(contact_id: int, note: Mapping[str, Any]) -> Request:
    return Request("POST", "/api/ContactNote", body={"contactId": contact_id, **note})


def bulk(bodies: Sequence[Mapping[str, Any]]) -> Request:
    """Named only by the guides, without a body (reference section 5.3); DESIGN section 7 takes an array of singles."""
    return Request("POST", "/api/ContactNote/Bulk", body=[dict(body) for body in bodies], documented=False)


def replace(note_id: int, contact_id: int, note: Mapping[str, Any]) -> Request:
    body = {"contactId": contact_id, **note}
    return Request("PUT", "/api/ContactNote/{noteId}", {"noteId": note_id}, body=body, documented=False)


def of_contact(contact_id: int, skip: int, take: int) -> Request:
    query = {"sortBy": "Id", "descending": True, "skip": skip, "take": take}
    return Request("GET", "/api/ContactNote/ByContact/{contactId}", {"contactId": contact_id}, query)


@dataclass(frozen=True, slots=True)
class MarkedNote:
    """A note of ours as Virtuous has it."""

    note_id: int
    text: str

    def says(self, text: str) -> bool:
        """Whether it is this very text; white space may be kept otherwise."""
        return self.text.split() == text.split()


def marked(document: Any, mark: str) -> MarkedNote | None:
    """The first note of a page whose text carries the mark."""
    page = listing(document)
    for row in page.rows if page is not None else ():
        text, note_id = str(row.get("note") or ""), record_id(row)
        if mark in text and note_id is not None:
            return MarkedNote(note_id, text)
    return None
