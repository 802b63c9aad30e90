"""Who of the awaited people is in Virtuous by now: the query by modified date finds many at once, look-ups the rest."""

from collections.abc import Collection, Mapping
from datetime import datetime

import structlog

from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.crm.contacts import CrmContact
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.stages.applied_ledger.contact_query import search
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.context import StageContext

log = structlog.get_logger()

LOOK_UPS_PER_SLICE = 1_000  # of people whom the query could not tell: the rest has its turn on other nights
FUTILE_LOOK_UPS = 50
"""Nobody of so many is there: most likely the import has not run, and more look-ups would find nobody either."""


class ContactIds:
    """Finds contact ids of one slice, once per person."""

    def __init__(self, context: StageContext, looking: Looking) -> None:
        self._context = context
        self._looking = looking
        self._asked: set[Need] = set()
        self._found: dict[Need, CrmId] = {}

    async def find(self, needs: Collection[Need]) -> dict[Need, CrmId]:
        """The ids of these people, as far as they are there; those that are new are remembered."""
        known = self._context.crm_ids.known(self._context.customer.id, needs)
        # Whose person was unclear is asked for again: staff may have mended the names since.
        known = self._found | {need: ids for need, ids in known.items() if ids.part_id is not None}
        missing = sorted(set(needs) - known.keys() - self._asked)
        self._asked |= set(missing)
        accepted = self._context.waiting.accepted_people(missing)
        if not accepted:
            return known
        many = len(accepted) > contacts.FEW_LOOK_UPS
        found, leftovers = await self._by_query(accepted) if many else ({}, list(accepted))
        found |= await self._one_by_one(leftovers)
        self._found |= found
        self._context.crm_ids.remember(self._context.keeper.lease, found)
        log.info("contacts_found", awaited=len(accepted), found=len(found))
        return known | found

    async def _by_query(self, accepted: Mapping[Need, datetime | None]) -> tuple[dict[Need, CrmId], list[Need]]:
        """Whom the query shows, and who must be looked up.

        Whom we never sent as a contact (a donor of a gift) may have been there for years, unmodified.
        """
        searched = await search(self._looking, accepted)
        found = {need: await self._ids(need, contact) for need, contact in searched.found.items()}
        absent = {need for need, sent in accepted.items() if searched.proves_absence and sent is not None}
        return found, [need for need in accepted if need not in found and need not in absent]

    async def _one_by_one(self, needs: Collection[Need]) -> dict[Need, CrmId]:
        found: dict[Need, CrmId] = {}
        for number, need in enumerate(self._turn(sorted(needs))):
            if number == FUTILE_LOOK_UPS and not found:
                break
            reply = await self._looking.ask(contacts.by_reference(need.source, need.reference))
            contact = contacts.read_contact(reply.document)
            if contact is not None:
                found[need] = await self._ids(need, contact)
        return found

    def _turn(self, needs: list[Need]) -> list[Need]:
        """At most LOOK_UPS_PER_SLICE, beginning with others on every day."""
        start = self._context.clock.now().toordinal() * FUTILE_LOOK_UPS % max(1, len(needs))
        return [*needs[start:], *needs[:start]][:LOOK_UPS_PER_SLICE]

    async def _ids(self, need: Need, contact: CrmContact) -> CrmId:
        """Staff merge contacts; the loser names the one that took its place (reference section 5.7)."""
        if contact.merged_into is not None:
            reply = await self._looking.ask(contacts.by_id(contact.merged_into))
            contact = contacts.read_contact(reply.document) or contact
        return CrmId(contact.contact_id, contact.individual_of(*self._names(need, contact)))

    def _names(self, need: Need, contact: CrmContact) -> tuple[str | None, str | None, str | None]:
        """First name, last name and e-mail of our record, as it was last read; only several people make them needed."""
        record = self._context.waiting.record_of(need) if len(contact.individuals) > 1 else None
        if record is None or record[0] not in self._context.customer.streams:
            return None, None, None
        stream, key = record
        snapshot = self._context.cuts.diffed_snapshot(self._context.customer.id, stream)
        if snapshot is None:
            return None, None, None
        mapping = self._context.mapping(stream)
        rows = self._context.snapshots.rows(self._context.stream_name(stream), snapshot, [key], mapping.columns)
        fields = next((mapped.fields for mapped in mapping.apply(rows)), {})
        return fields.get("firstName"), fields.get("lastName"), fields.get("email")
