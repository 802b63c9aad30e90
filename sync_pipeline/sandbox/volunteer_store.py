"""Volunteer opportunities, who signed up, and the hours they gave. None of these has an external reference."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sync_pipeline.sandbox.books import Books
from sync_pipeline.sandbox.contact import Contact

Row = dict[str, Any]


@dataclass(frozen=True)
class Shift:
    """Hours given from a start in UTC, as the caller put them."""

    hours: Decimal
    start: datetime
    end: datetime | None = None
    time_zone: str | None = None


@dataclass
class Attendance:
    attendance_id: int
    shift: Shift
    created_at: float
    modified_at: float


@dataclass
class Volunteer:
    """One sign-up of a person for an opportunity."""

    volunteer_id: int
    opportunity_id: int
    contact_id: int
    individual_id: int
    created_at: float
    attendances: dict[int, Attendance] = field(default_factory=dict)

    @property
    def total_hours(self) -> Decimal:
        return sum((one.shift.hours for one in self.attendances.values()), Decimal(0))


@dataclass
class Opportunity:
    opportunity_id: int
    row: Row
    created_at: float
    modified_at: float
    volunteers: dict[int, Volunteer] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.row.get("name") or "")


class VolunteerStore:
    def __init__(self, books: Books) -> None:
        self.opportunities: dict[int, Opportunity] = {}
        self._books = books
        self._opportunity_ids = count(401)
        self._volunteer_ids = count(20001)
        self._attendance_ids = count(60001)

    def offer(self, row: Row, now: float) -> Opportunity:
        opportunity = Opportunity(next(self._opportunity_ids), row, now, now)
        self.opportunities[opportunity.opportunity_id] = opportunity
        self._books.make("opportunities", opportunity.name)
        return opportunity

    def sign_up(self, opportunity: Opportunity, contact: Contact, individual_id: int, now: float) -> Volunteer:
        """A second sign-up of the same person is a second record."""
        number = next(self._volunteer_ids)
        volunteer = Volunteer(number, opportunity.opportunity_id, contact.contact_id, individual_id, now)
        opportunity.volunteers[number] = volunteer
        self._books.make("volunteers", opportunity.opportunity_id, individual_id)
        return volunteer

    def attend(self, volunteer: Volunteer, shift: Shift, now: float) -> Attendance:
        """The same shift once more adds its hours once more."""
        attendance = Attendance(next(self._attendance_ids), shift, now, now)
        volunteer.attendances[attendance.attendance_id] = attendance
        self._books.make("attendances", volunteer.opportunity_id, volunteer.individual_id, utc_second(shift.start))
        return attendance

    def named(self, name: str) -> Opportunity | None:
        wanted = name.strip().casefold()
        return next((one for one in self.opportunities.values() if one.name.strip().casefold() == wanted), None)

    def volunteers(self) -> Iterator[Volunteer]:
        for opportunity in self.opportunities.values():
            yield from opportunity.volunteers.values()

    def attendances(self) -> Iterator[tuple[Volunteer, Attendance]]:
        for volunteer in self.volunteers():
            for attendance in volunteer.attendances.values():
                yield volunteer, attendance

    def move(self, loser: Contact, winner: Contact) -> None:
        for volunteer in self.volunteers():
            if volunteer.contact_id == loser.contact_id:
                volunteer.contact_id = winner.contact_id

    def duplicates(self) -> dict[str, int]:
        """Records too many, per kind: of one name, of one person, of one person and start."""
        return {
            "duplicate_opportunities": _surplus(one.name.casefold() for one in self.opportunities.values()),
            "duplicate_volunteers": _surplus((one.opportunity_id, one.individual_id) for one in self.volunteers()),
            "duplicate_attendances": _surplus(
                (volunteer.opportunity_id, volunteer.individual_id, utc_second(one.shift.start))
                for volunteer, one in self.attendances()
            ),
        }


def utc_second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _surplus(keys: Iterable[object]) -> int:
    counted = Counter(keys)
    return counted.total() - len(counted)
