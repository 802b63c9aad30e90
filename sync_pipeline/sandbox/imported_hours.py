"""Hours that travel inside a contact transaction (`volunteerAttendances`, section 4.2) become attendances."""

from typing import Any

from sync_pipeline.sandbox.books import Books
from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.moments import Calendar, read_day
from sync_pipeline.sandbox.volunteer_shape import read_hours
from sync_pipeline.sandbox.volunteer_store import Opportunity, Shift, Volunteer, VolunteerStore

Row = dict[str, Any]


def take_hours(contact: Contact, row: Row, store: VolunteerStore, books: Books, calendar: Calendar) -> None:
    """Each entry is one more attendance, so a transaction sent twice doubles the hours.

    What happens to an opportunity nobody knows is documented nowhere: here the entry is left out, and booked.
    """
    for entry in row.get("volunteerAttendances") or []:
        given = entry if isinstance(entry, dict) else {}
        opportunity, shift = _opportunity(given, store), _shift(given, calendar)
        if opportunity is None or shift is None:
            books.ignored_attendances[_named(given)] += 1
            continue
        store.attend(_volunteer(opportunity, contact, store, calendar.now), shift, calendar.now)


def _opportunity(entry: Row, store: VolunteerStore) -> Opportunity | None:
    """The id decides before the name."""
    number = entry.get("volunteerOpportunityId")
    by_id = store.opportunities.get(number) if isinstance(number, int) else None
    return by_id or store.named(str(entry.get("volunteerOpportunityName") or ""))


def _volunteer(opportunity: Opportunity, contact: Contact, store: VolunteerStore, now: float) -> Volunteer:
    individual = contact.individual_id
    known = (one for one in opportunity.volunteers.values() if one.individual_id == individual)
    return next(known, None) or store.sign_up(opportunity, contact, individual, now)


def _shift(entry: Row, calendar: Calendar) -> Shift | None:
    """The date is a plain one, so it begins at midnight of the organization."""
    hours, day = read_hours(entry.get("hours")), read_day(entry.get("date"))
    return None if hours is None or day is None else Shift(hours, calendar.start_of(day))


def _named(entry: Row) -> str:
    return str(entry.get("volunteerOpportunityName") or entry.get("volunteerOpportunityId") or "")
