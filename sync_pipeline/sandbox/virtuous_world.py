"""What `World` can do on the Virtuous side: what staff do there, and what is truly there."""

from collections.abc import Callable
from threading import RLock
from typing import Any

from sync_pipeline.sandbox.contact import STAFF, Contact
from sync_pipeline.sandbox.contact_rules import RECORD_FIELDS
from sync_pipeline.sandbox.organizations import UnknownTokenError
from sync_pipeline.sandbox.virtuous_organization import VirtuousOrganization
from sync_pipeline.sandbox.volunteer_store import utc_second

Rows = list[dict[str, Any]]


class VirtuousWorld:
    """The part of `World` about Virtuous organizations, by token. What staff do is in no books."""

    clock: Callable[[], float]
    lock: RLock
    virtuous: dict[str, VirtuousOrganization]

    def archive_contact(self, token: str, contact_id: int) -> None:
        """Staff archive a contact, whatever the pipeline wants. Raises KeyError for an unknown contact."""
        with self.lock:
            contact = self._contact(token, contact_id)
            contact.archived, contact.modified_at = True, self.clock()

    def unarchive_contact(self, token: str, contact_id: int) -> None:
        """Staff bring a contact back. Raises KeyError for an unknown contact."""
        with self.lock:
            contact = self._contact(token, contact_id)
            contact.archived, contact.modified_at = False, self.clock()

    def merge_contacts(self, token: str, loser: int, winner: int) -> None:
        """The loser's references, gifts, notes and hours move; it carries the winner's id from then on."""
        with self.lock:
            lost, kept = self._contact(token, loser), self._contact(token, winner)
            if lost is kept or lost.merged_into is not None or kept.merged_into is not None:
                raise ValueError("a contact is merged once, into another that is not merged itself")
            self._virtuous(token).merge(lost, kept, self.clock())

    def edit_contact(self, token: str, contact_id: int, by: str = STAFF, **fields: str) -> None:
        """By the names of a contact transaction. Raises KeyError for an unknown contact or field."""
        with self.lock:
            if not fields.keys() <= set(RECORD_FIELDS):
                raise KeyError("no such field")
            self._virtuous(token).store.edit(self._contact(token, contact_id), fields, self.clock(), by)

    def add_individual(self, token: str, contact_id: int, first_name: str, last_name: str) -> None:
        """Somebody else of the household, whom staff make its primary person."""
        with self.lock:
            self._contact(token, contact_id).others.append((first_name, last_name))

    def tag_contact(self, token: str, contact_id: int, tag: str) -> None:
        with self.lock:
            contact = self._contact(token, contact_id)
            if self._virtuous(token).store.tags.add(contact, tag):
                contact.modified_at = self.clock()

    def delete_note(self, token: str, note_id: int) -> None:
        """Raises KeyError for an unknown note."""
        with self.lock:
            notes = self._virtuous(token).notes
            notes.delete(notes.notes[note_id])

    def contact_ids(self, token: str) -> dict[str, int]:
        """The id of every contact, by "referenceSource/referenceId"."""
        with self.lock:
            return self._virtuous(token).store.ids_by_reference()

    def archived_contacts(self, token: str) -> list[int]:
        with self.lock:
            return [one.contact_id for one in self._virtuous(token).store.contacts.values() if one.archived]

    def gifts(self, token: str) -> Rows:
        """Every gift as it truly is, reversing ones with `reversedGiftId`; held ones are none yet."""
        with self.lock:
            return [gift.plain() for gift in self._virtuous(token).gifts.gifts.values()]

    def notes(self, token: str) -> Rows:
        with self.lock:
            return [note.plain() for note in self._virtuous(token).notes.notes.values()]

    def opportunities(self, token: str) -> Rows:
        with self.lock:
            known = self._virtuous(token).volunteers.opportunities.values()
            return [one.row | {"id": one.opportunity_id, "volunteers": len(one.volunteers)} for one in known]

    def volunteers(self, token: str) -> Rows:
        with self.lock:
            return [
                {
                    "id": one.volunteer_id,
                    "opportunityId": one.opportunity_id,
                    "contactId": one.contact_id,
                    "contactIndividualId": one.individual_id,
                    "totalHours": str(one.total_hours),
                }
                for one in self._virtuous(token).volunteers.volunteers()
            ]

    def attendances(self, token: str) -> Rows:
        """Hours as decimal text, times in UTC."""
        with self.lock:
            store = self._virtuous(token).volunteers
            return [
                {
                    "id": attendance.attendance_id,
                    "opportunityId": volunteer.opportunity_id,
                    "opportunity": store.opportunities[volunteer.opportunity_id].name,
                    "volunteerId": volunteer.volunteer_id,
                    "contactId": volunteer.contact_id,
                    "contactIndividualId": volunteer.individual_id,
                    "hours": str(attendance.shift.hours),
                    "start": utc_second(attendance.shift.start),
                    "end": utc_second(attendance.shift.end) if attendance.shift.end else None,
                }
                for volunteer, attendance in store.attendances()
            ]

    def _contact(self, token: str, contact_id: int) -> Contact:
        return self._virtuous(token).store.contacts[contact_id]

    def _virtuous(self, token: str) -> VirtuousOrganization:
        if token not in self.virtuous:
            raise UnknownTokenError
        return self.virtuous[token]
