"""Whose gift it is: matching at the import (section 4.1; contradiction 36 on the source of the donor's reference)."""

from typing import Any

from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.contact_store import ContactStore
from sync_pipeline.sandbox.gift import gift_reference

Row = dict[str, Any]

# A donor's names are spelled in lower case, unlike those of a contact transaction.
_FIELDS = {
    **{name: name for name in ("name", "title", "suffix", "birthMonth", "birthDay", "birthYear", "gender")},
    **{name: name for name in ("emailType", "email", "phoneType", "phone")},
    "firstname": "firstName",
    "middlename": "middleName",
    "lastname": "lastName",
}


def donor_of(row: Row, contacts: ContactStore, now: float, *, creates: bool) -> Contact | None:
    """By id, then by reference within the transaction's source, then by e-mail, else a new contact if there is a name.

    A donor who is known stays as they are, except for new tags and the reference.
    """
    donor, source = row.get("contact") or {}, gift_reference(row)[0]
    reference_id = str(donor.get("referenceId") or "")
    contact = contacts.current(donor.get("id")) or contacts.find(source, reference_id)
    contact = contact or contacts.find_by_email(str(donor.get("email") or ""))
    if contact is None:
        if not creates or not _has_a_name(donor):
            return None
        contact = contacts.create(now)
        contacts.edit(contact, _fields(donor), now)
    contacts.attach(contact, source, reference_id)
    contacts.add_tags(contact, str(donor.get("tags") or ""), now)
    return contact


def _fields(donor: Row) -> dict[str, str]:
    fields = {ours: str(donor[theirs]) for theirs, ours in _FIELDS.items() if donor.get(theirs)}
    address = {name: str(value) for name, value in (donor.get("address") or {}).items() if value}
    return {"contactType": str(donor.get("type") or "Household")} | fields | address


def _has_a_name(donor: Row) -> bool:
    return bool(donor.get("name") or (donor.get("firstname") and donor.get("lastname")))
