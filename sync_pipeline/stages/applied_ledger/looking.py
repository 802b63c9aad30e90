"""Looking whether Virtuous has what an operation was to bring about: by our mark, or by who, where and when."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from enum import Enum
from typing import Any

from sync_pipeline.domain.answer import Outcome
from sync_pipeline.domain.crm import contacts, gifts, notes, tags, volunteers
from sync_pipeline.domain.crm.notes import MarkedNote
from sync_pipeline.domain.crm.reading import listing, record_id
from sync_pipeline.domain.needs import CrmId
from sync_pipeline.domain.operation import SendingOperation
from sync_pipeline.domain.records.note import note_mark
from sync_pipeline.domain.request import Reply, Request
from sync_pipeline.ports import Destination
from sync_pipeline.stages.asking import ask
from sync_pipeline.stages.context import StageContext

NOTES_PER_PAGE = 200
GIFTS_PER_PAGE = 100


class Absence(Enum):
    """Why nothing was found."""

    SEEN = "seen"  # Virtuous answered, and it is not there: a proof only after it had time to settle
    UNKNOWN = "unknown"  # there was no answer that could be read


Finding = CrmId | Absence


class Looking:
    """Asks about effects in one slice. Nothing here writes."""

    def __init__(self, context: StageContext, destination: Destination) -> None:
        self._context = context
        self._destination = destination
        self._refused: set[str] = set()

    async def ask(self, request: Request) -> Reply:
        """The answer to a question; what the key may not ask, or the organization does not have, fails the run once."""
        reply = await ask(self._context, self._destination, request)
        is_not_there = reply.is_missing and not request.parts
        if (is_not_there or reply.answer.outcome == Outcome.UNAUTHORIZED) and request.endpoint not in self._refused:
            self._refused.add(request.endpoint)
            self._context.fail(
                "applied_ledger",
                f"Virtuous does not answer {request.endpoint} for {self._context.customer.id} ({reply.answer.status}); "
                "what needs it waits.",
                "Give the key's permission group the right to read it; an organization without volunteers has no "
                "volunteer endpoints: take the streams that need them out of the customer's file.",
            )
        return reply

    async def effect_of(self, operation: SendingOperation, siblings: Collection[SendingOperation] = ()) -> Finding:
        """Whether a direct call took effect; `siblings` are other operations that may have had one like it."""
        request = Request.from_document(operation.request or {})
        mark = note_mark(operation.reference_source, operation.reference_id)
        match request.endpoint:
            case notes.CREATE:
                return await self.note(request.body["contactId"], mark)
            case volunteers.RECORD_HOURS:
                alike = [
                    one.request["body"] for one in siblings if one.request and one.request["parts"] == request.parts
                ]
                return await self.attendance(request, alike)
            case volunteers.SIGN_UP:
                return await self.volunteer(
                    int(request.parts["volunteerOpportunityId"]), request.body["contactIndividualId"]
                )
            case volunteers.CREATE_OPPORTUNITY:
                return await self.opportunity(request.body["name"])
            case gifts.REVERSAL:
                return await self.reversal(request.body["reversedGiftId"], mark)
            case _:
                return Absence.UNKNOWN

    async def note(self, contact_id: int, mark: str) -> Finding:
        """Our note on a contact."""
        found = await self.marked_note(contact_id, mark)
        return found if isinstance(found, Absence) else CrmId(found.note_id, contact_id)

    async def marked_note(self, contact_id: int, mark: str) -> MarkedNote | Absence:
        """Our note on a contact with its text; newest first."""
        async for page in self._pages(lambda skip: notes.of_contact(contact_id, skip, NOTES_PER_PAGE), NOTES_PER_PAGE):
            if page is None:
                return Absence.UNKNOWN
            if (found := notes.marked(page, mark)) is not None:
                return found
        return Absence.SEEN

    async def attendance(self, request: Request, alike: Collection[Mapping[str, Any]]) -> Finding:
        """The hours of a volunteer that begin then; see `hours_given`."""
        found = await self.hours_given(request, alike)
        return found if isinstance(found, Absence) else found[0]

    async def hours_given(self, request: Request, alike: Collection[Mapping[str, Any]]) -> tuple[CrmId, bool] | Absence:
        """The hours of a volunteer that begin then, and whether they are as many.

        Not those that another record of ours stands for, or may have made: a person can hold two roles at one date
        (reference vomo 2.5), so the start alone does not tell them apart.
        """
        opportunity_id, volunteer_id = (int(request.parts[name]) for name in ("volunteerOpportunityId", "volunteerId"))
        reply = await self.ask(volunteers.attendances(opportunity_id, volunteer_id))
        page = listing(reply.document) if reply.is_accepted else None
        starting = volunteers.starting_at(reply.document, request.body["startDateTimeUtc"]) if page else None
        if page is None or starting is None:
            return Absence.SEEN if reply.is_missing else Absence.UNKNOWN
        taken = self._context.crm_ids.taken(self._context.customer.id, "attendance")
        hours = {record_id(row): row.get("hours") for row in page.rows}
        free = [found for found in starting if found not in taken]
        exact = [found for found in free if _equal(hours[found], request.body["hours"])]
        others = [found for found in free if not any(_equal(hours[found], body["hours"]) for body in alike)]
        return (CrmId((exact or others)[0], opportunity_id), bool(exact)) if exact or others else Absence.SEEN

    async def volunteer(self, opportunity_id: int, individual_id: int) -> Finding:
        """The person's sign-up."""
        signed_up = await self.volunteers(opportunity_id)
        if signed_up is None:
            return Absence.UNKNOWN
        return CrmId(signed_up[individual_id]) if individual_id in signed_up else Absence.SEEN

    async def volunteers(self, opportunity_id: int) -> dict[int, int] | None:
        """Volunteer ids of an opportunity by individual; None when they cannot be read."""
        found: dict[int, int] = {}
        async for page in self._pages(
            lambda skip: volunteers.volunteers(opportunity_id, skip), volunteers.LARGEST_PAGE
        ):
            signed_up = None if page is None else volunteers.read_volunteers(page, opportunity_id)
            if signed_up is None:
                return None
            found = signed_up | found
        return found

    async def opportunity(self, name: str) -> Finding:
        """The opportunity of this name that stands for no other record of ours."""
        return self.free_opportunity(await self.opportunities(), name)

    async def opportunities(self) -> dict[str, list[int]] | None:
        """The ids of all opportunities by folded name; None when they cannot be read.

        All are listed, because nothing says how the list's `filter` compares.
        """
        found: dict[str, list[int]] = {}
        async for page in self._pages(volunteers.opportunities, volunteers.LARGEST_PAGE):
            named = None if page is None else volunteers.read_opportunities(page)
            if named is None:
                return None
            for name, opportunity_id in named:
                found.setdefault(name.casefold(), []).append(opportunity_id)
        return found

    def free_opportunity(self, by_name: Mapping[str, Sequence[int]] | None, name: str) -> Finding:
        if by_name is None:
            return Absence.UNKNOWN
        taken = self._context.crm_ids.taken(self._context.customer.id, "opportunity")
        free = [found for found in by_name.get(name.strip().casefold(), ()) if found not in taken]
        return CrmId(free[0]) if free else Absence.SEEN

    async def gift(self, source: str, transaction_id: str) -> Finding:
        """The gift of a transaction; a held one is not there yet."""
        reply = await self.ask(gifts.by_transaction(source, transaction_id))
        if reply.is_missing:
            return Absence.SEEN
        if not reply.is_accepted:
            return Absence.UNKNOWN
        found = record_id(reply.document)
        return Absence.SEEN if found is None else CrmId(found, record_id(reply.document, "contactId"))

    async def reversal(self, gift_id: int, mark: str) -> Finding:
        """The gift that takes another one back: a later one of the same contact whose notes carry our mark.

        Lists of gifts show no notes, so those that can be it are read one by one.
        """
        reply = await self.ask(gifts.by_id(gift_id))
        contact_id = record_id(reply.document, "contactId")
        if contact_id is None:
            return Absence.UNKNOWN
        async for page in self._pages(lambda skip: gifts.of_contact(contact_id, skip, GIFTS_PER_PAGE), GIFTS_PER_PAGE):
            later = None if page is None else listing(page)
            if later is None:
                return Absence.UNKNOWN
            for candidate in filter(None, (record_id(row) for row in later.rows)):
                if candidate <= gift_id:
                    return Absence.SEEN
                full = await self.ask(gifts.by_id(candidate))
                if not full.is_accepted:
                    return Absence.UNKNOWN
                if mark in str(full.document.get("notes") or ""):
                    return CrmId(candidate, contact_id)
        return Absence.SEEN

    async def is_in_state(self, operation: SendingOperation) -> bool:
        """Whether a contact is in the state that a call was to bring about; also false where Virtuous does not say."""
        request = Request.from_document(operation.request or {})
        if request.endpoint == tags.BULK:
            return all([await self._has_tag(pair) for pair in request.body])
        reply = await self.ask(contacts.by_id(int(request.parts["contactId"])))
        contact = contacts.read_contact(reply.document)
        return contact is not None and contact.is_archived == (request.endpoint == contacts.ARCHIVE)

    async def _has_tag(self, pair: Mapping[str, int]) -> bool:
        reply = await self.ask(tags.of_contact(pair["contactId"]))
        known = tags.read_contact_tags(reply.document) if reply.is_accepted else None
        return any(tag.tag_id == pair["tagId"] for tag in known or ())

    async def _pages(self, request_of: Callable[[int], Request], take: int) -> AsyncIterator[Any]:
        """The documents of a list, page by page; None in place of one that could not be had."""
        skip = 0
        while True:
            reply = await self.ask(request_of(skip))
            page = listing(reply.document) if reply.is_accepted else None
            if page is None:
                yield None
                return
            yield reply.document
            if page.reaches(skip, take):
                return
            skip += len(page.rows)


def _equal(hours: Any, sent: Any) -> bool:
    """Recordings type numbers as text now and then."""
    try:
        return abs(float(hours) - float(sent)) < 1e-6  # noqa: PLR2004  hours have two decimals
    except (TypeError, ValueError):
        return False
