"""Tags of a contact by direct calls; tags to add normally travel inside the contact's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_pipeline.domain.crm.reading import listing, record_id
from sync_pipeline.domain.request import Request

BULK = "POST /api/Tag/Bulk"
REMOVE = "DELETE /api/ContactTag/{contactTagId}"
LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ContactTag:
    """A tag on a contact; `join_id` is what removes it."""

    join_id: int
    name: str
    tag_id: int | None = None


def definitions(skip: int, take: int = LARGEST_PAGE) -> Request:
    return Request("GET", "/api/Tag", query={"skip": skip, "take": take})


def of_contact(contact_id: int) -> Request:
    query = {"skip": 0, "take": LARGEST_PAGE}
    return Request("GET", "/api/ContactTag/ByContact/{contactId}", {"contactId": contact_id}, query)


def remove(join_id: int) -> Request:
    return Request("DELETE", "/api/ContactTag/{contactTagId}", {"contactTagId": join_id}, documented=False)


def pair(tag_id: int, contact_id: int) -> dict[str, int]:
    return {"tagId": tag_id, "contactId": contact_id}


def bulk(pairs: Sequence[Mapping[str, int]]) -> Request:
    """Named only by the guides; DESIGN section 7 takes an array of single bodies."""
    return Request("POST", "/api/Tag/Bulk", body=[dict(one) for one in pairs], documented=False)


def read_definitions(document: Any) -> dict[str, int] | None:
    """Tag ids by name; None when the document is no list."""
    page = listing(document)
    if page is None:
        return None
    return {str(row["tagName"]): found for row in page.rows if "tagName" in row and (found := record_id(row))}


def read_contact_tags(document: Any) -> list[ContactTag] | None:
    """The answer was never recorded: bare or wrapped, and the name under any of the likely keys."""
    page = listing(document)
    if page is None:
        return None
    return [
        ContactTag(join_id, name, record_id(row, "tagId"))
        for row in page.rows
        if (join_id := record_id(row, "contactTagId") or record_id(row)) and (name := _name(row))
    ]


def _name(row: Mapping[str, Any]) -> str:
    tag = row.get("tag")
    nested = tag.get("tagName") if isinstance(tag, Mapping) else tag
    return str(row.get("tagName") or nested or row.get("name") or "")
