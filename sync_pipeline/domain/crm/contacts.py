"""Contacts: transactions, look-ups, queries, archiving."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync_pipeline.domain.crm.reading import flag, listing, moment, record_id
from sync_pipeline.domain.request import Request

TRANSACTION = "POST /api/Contact/Transaction"
BATCH = "POST /api/Contact/Batch"
ALONE = "POST /api/Contact/Transaction, alone"
"""The transaction of a row that must not travel in a batch."""

ARCHIVE = "PUT /api/Contact/Archive/{contactId}"
UNARCHIVE = "PUT /api/Contact/Unarchive/{contactId}"
LARGEST_PAGE = 1_000  # above it the query answers 400
FEW_LOOK_UPS = 5
"""Up to here single look-ups cost no more than asking for the query's options and its first page."""


@dataclass(frozen=True, slots=True)
class Individual:
    """One person of a contact. Volunteers hang on individuals, not on contacts."""

    individual_id: int
    names: tuple[str, str]
    emails: frozenset[str]


@dataclass(frozen=True, slots=True)
class CrmContact:
    """What we need of a contact as Virtuous has it. `is_archived` is None where the answer does not say.

    `document` is the whole answer: personal data, for comparing only.
    """

    contact_id: int
    individuals: tuple[Individual, ...]
    references: frozenset[tuple[str, str]]
    merged_into: int | None
    is_archived: bool | None
    modified_at: datetime | None
    modified_by: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    def individual_of(self, first_name: str | None, last_name: str | None, email: str | None) -> int | None:
        """Whose record of ours this is: alone there, of that e-mail address, or else of that name; None if unclear.

        An import merges a volunteer into a household that may be known under somebody else (reference section 4.1).
        """
        if len(self.individuals) == 1:
            return self.individuals[0].individual_id
        names = (_folded(first_name), _folded(last_name))
        by_email = [one for one in self.individuals if _folded(email) in one.emails]
        by_name = [one for one in self.individuals if any(names) and one.names == names]
        for found in ([one for one in by_email if one in by_name], by_email, by_name):
            if len(found) == 1:
                return found[0].individual_id
        return None


def transaction(reference_source: str, contact: Mapping[str, Any]) -> Request:
    return Request(
        "POST", "/api/Contact/Transaction", body={**contact, "referenceSource": reference_source}, documented=False
    )


def batch(reference_source: str, contacts: Sequence[Mapping[str, Any]]) -> Request:
    rows = [{name: value for name, value in contact.items() if name != "referenceSource"} for contact in contacts]
    body = {"referenceSource": reference_source, "contacts": rows}
    return Request("POST", "/api/Contact/Batch", body=body, documented=False)


def by_reference(reference_source: str, reference_id: str) -> Request:
    parts = {"referenceSource": reference_source, "referenceId": reference_id}
    return Request("GET", "/api/Contact/{referenceSource}/{referenceId}", parts)


def by_id(contact_id: int) -> Request:
    return Request("GET", "/api/Contact/{contactId}", {"contactId": contact_id})


def query_options() -> Request:
    return Request("GET", "/api/Contact/QueryOptions")


def query(conditions: Sequence[Mapping[str, Any]], skip: int, take: int = LARGEST_PAGE) -> Request:
    """Full contacts that meet all conditions, archived ones included, in the order of their ids."""
    body = {
        "groups": [{"conditions": list(conditions)}] if conditions else [],
        "sortBy": "Id",
        "descending": False,
        "includeArchived": True,
    }
    return Request("POST", "/api/Contact/Query/FullContact", query={"skip": skip, "take": take}, body=body)


def archive(contact_id: int, reason: str) -> Request:
    """K-apiC names the field `archiveReason`, A `reason` (reference section 11, no. 24): the first, and read back."""
    return Request(
        "PUT",
        "/api/Contact/Archive/{contactId}",
        {"contactId": contact_id},
        body={"archiveReason": reason},
        documented=False,
    )


def unarchive(contact_id: int) -> Request:
    return Request("PUT", "/api/Contact/Unarchive/{contactId}", {"contactId": contact_id}, documented=False)


def read_contact(document: Any) -> CrmContact | None:
    """None when the document is no contact, or one without an id (a held transaction)."""
    contact_id = record_id(document)
    if contact_id is None:
        return None
    return CrmContact(
        contact_id=contact_id,
        individuals=tuple(_individuals(document.get("contactIndividuals"))),
        references=frozenset(_references(document.get("contactReferences"))),
        merged_into=record_id(document, "mergedIntoContactId"),
        is_archived=flag(document.get("isArchived")),
        modified_at=moment(document.get("modifiedDateTimeUtc")),
        modified_by=document.get("modifiedByUser"),
        document=document,
    )


def modified_parameter(document: Any) -> tuple[str, str] | None:
    """Parameter and operator of QueryOptions for "modified on or after"; None where this organization has none.

    The recorded words differ from the guide's (reference section 5.2): what the organization offers is sent.
    """
    options = document.get("options") if isinstance(document, Mapping) else None
    for option in options if isinstance(options, list) else ():
        if not isinstance(option, Mapping) or option.get("parameter") not in MODIFIED_PARAMETERS:
            continue
        offered = option.get("operatorOptions")
        words = {_bare(entry.get("operator")): entry["operator"] for entry in offered or () if _names_operator(entry)}
        chosen = next((word for word in SINCE_OPERATORS if word in words), None)
        if chosen is not None:
            return option["parameter"], words[chosen]
    return None


def _names_operator(entry: Any) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("operator"), str)


def _bare(word: Any) -> str:
    """The guide writes `Is On or After` for the recorded `OnOrAfter`."""
    return str(word).replace(" ", "").casefold().removeprefix("is")


MODIFIED_PARAMETERS = ("Last Modified DateTime UTC", "Last Modified Date")
SINCE_OPERATORS = ("onorafter", "greaterthanorequal", "after", "greaterthan")


def modified_condition(parameter: str, operator: str, since: datetime) -> dict[str, Any]:
    """Days, because no more is promised for this parameter: the caller goes a day further back."""
    return {"parameter": parameter, "operator": operator, "value": f"{since:%Y-%m-%d}"}


def contacts_of(document: Any) -> tuple[list[CrmContact], int | None] | None:
    """The contacts of a query's page and the query's total; None when the document is no list."""
    page = listing(document)
    if page is None:
        return None
    read = (read_contact(row) for row in page.rows)
    return [contact for contact in read if contact is not None], page.total


def _individuals(individuals: Any) -> Iterator[Individual]:
    for one in individuals if isinstance(individuals, list) else ():
        if isinstance(one, Mapping) and (individual_id := record_id(one)) is not None:
            methods = one.get("contactMethods")
            values = [method.get("value") for method in methods or () if isinstance(method, Mapping)]
            yield Individual(
                individual_id,
                (_folded(one.get("firstName")), _folded(one.get("lastName"))),
                frozenset(_folded(value) for value in values if "@" in str(value)),
            )


def _folded(text: Any) -> str:
    return str(text or "").strip().casefold()


def _references(references: Any) -> list[tuple[str, str]]:
    """Every recording has an empty list, so the items' names are not known: both likely spellings are read."""
    found: list[tuple[str, str]] = []
    for one in references if isinstance(references, list) else ():
        if isinstance(one, Mapping):
            source = one.get("referenceSource", one.get("source"))
            reference = one.get("referenceId", one.get("id"))
            if source is not None and reference is not None:
                found.append((str(source), str(reference)))
    return found
