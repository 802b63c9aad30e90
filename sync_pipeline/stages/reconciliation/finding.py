"""Finding the contacts to compare with: the query's pages show most of them, single look-ups the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.confirmation import Sent
from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.crm.contacts import CrmContact
from sync_pipeline.domain.needs import Need
from sync_pipeline.stages.applied_ledger.contact_query import search
from sync_pipeline.stages.applied_ledger.looking import Looking

LOOK_UPS = 200  # single ones in one reconciliation; the rest has its turn on other days


@dataclass(frozen=True, slots=True)
class Found:
    """Contacts by reference. `absent` are proven not to be there; of all others nothing is known."""

    contacts: Mapping[Need, CrmContact]
    absent: frozenset[Need]
    merged: int


async def find_contacts(
    looking: Looking, sent: Sequence[Sent], *, everybody: bool, old: datetime, offset: int
) -> Found:
    """Find the contacts of what was sent; with `everybody` all pages are read, else those modified since.

    An import that finds nothing to change leaves the modified time alone: whoever was accepted before `old` and was not
    modified since is looked up. A merged contact is followed to the one that took its place.
    """
    accepted = {one.need: None if everybody else one.accepted_at for one in sent}
    searched = await search(looking, accepted)
    found = dict(searched.found)
    absent: set[Need] = set()
    left = sorted({one.need for one in sent if one.need not in found})
    if searched.proves_absence and everybody:
        absent, left = set(left), []
    elif searched.proves_absence:
        left = sorted({one.need for one in sent if one.need not in found and one.accepted_at < old})
    turn = left[offset % len(left) :] + left[: offset % len(left)] if left else []
    for need in turn[:LOOK_UPS]:
        reply = await looking.ask(contacts.by_reference(need.source, need.reference))
        contact = contacts.read_contact(reply.document)
        if contact is not None:
            found[need] = contact
        elif reply.is_missing:
            absent.add(need)
    merged = [need for need, contact in found.items() if contact.merged_into is not None]
    for need in merged:
        reply = await looking.ask(contacts.by_id(found[need].merged_into or 0))
        found[need] = contacts.read_contact(reply.document) or found[need]
    return Found(found, frozenset(absent), len(merged))
