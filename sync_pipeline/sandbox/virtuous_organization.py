"""One Virtuous organization: its settings, quota, books and records."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync_pipeline.sandbox.books import Books
from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.contact_rules import unknown_fields
from sync_pipeline.sandbox.contact_store import ContactStore, Row
from sync_pipeline.sandbox.gift_rules import unknown_gift_fields
from sync_pipeline.sandbox.gift_store import GiftStore
from sync_pipeline.sandbox.imported_hours import take_hours
from sync_pipeline.sandbox.moments import Calendar
from sync_pipeline.sandbox.note_store import NoteStore
from sync_pipeline.sandbox.quota import QuotaWindow
from sync_pipeline.sandbox.settings import OrganizationSettings
from sync_pipeline.sandbox.volunteer_store import VolunteerStore


class VirtuousOrganization:
    def __init__(self, token: str, settings: OrganizationSettings) -> None:
        self.token = token
        self.settings = settings
        self.books = Books()
        self.quota = QuotaWindow(settings.quota)
        self.store = ContactStore(self.books)
        self.gifts = GiftStore(self.books, self.store)
        self.notes = NoteStore(self.books)
        self.volunteers = VolunteerStore(self.books)

    def change(self, settings: OrganizationSettings) -> None:
        self.settings = settings
        self.quota.change(settings.quota)

    def calendar(self, now: float) -> Calendar:
        try:
            zone = ZoneInfo(self.settings.time_zone)
        except (ZoneInfoNotFoundError, OSError, ValueError):
            zone = ZoneInfo("UTC")
        return Calendar(zone, now)

    def accept(self, rows: list[Row], now: float, *, without: tuple[str, ...] = ()) -> None:
        """Books and holds contacts; `without` names the fields that this call takes no notice of."""
        for row in rows:
            self.books.unknown_fields.update(unknown_fields(row))
            self.books.accept(row.get("referenceSource") or "", row.get("referenceId") or "", row)
        self.store.hold([{name: value for name, value in row.items() if name not in without} for row in rows])
        self._import_at_once(now)

    def accept_gifts(self, rows: list[Row], now: float) -> None:
        """Books and holds gifts whose ids are new."""
        for row in rows:
            self.books.unknown_fields.update(unknown_gift_fields(row))
        self.books.rows_accepted += len(rows)
        self.gifts.hold(rows)
        self._import_at_once(now)

    def run_import(self, now: float) -> dict[str, int]:
        """What staff do when they press the button; in an organization where they never do, nothing happens.

        Contacts come before gifts, so that a donor of the same night is known. `imported` counts both, `created` and
        `merged` contacts only.
        """
        done = {"imported": 0, "created": 0, "merged": 0}
        if self.settings.auto_import != "never":
            calendar, before = self.calendar(now), len(self.store.contacts)
            done = self.store.run_import(now, lambda contact, row: self._take_hours(contact, row, calendar))
            creates = self.settings.unmatched_gifts == "create_contact"
            done["imported"] += self.gifts.run_import(now, creates_contacts=creates)
            done["created"] = len(self.store.contacts) - before
        return done | {"held": len(self.store.held) + len(self.gifts.held)}

    def archive(self, contact: Contact, reason: str | None, now: float) -> None:
        """Archiving moves the modified time."""
        if not contact.archived:
            self.books.make("archives", contact.contact_id)
            contact.archived, contact.archive_reason, contact.modified_at = True, reason, now

    def unarchive(self, contact: Contact, now: float) -> None:
        if contact.archived:
            contact.archived, contact.archive_reason, contact.modified_at = False, None, now

    def merge(self, loser: Contact, winner: Contact, now: float) -> None:
        self.store.merge(loser, winner, now)
        self.gifts.move(loser, winner)
        self.notes.move(loser, winner)
        self.volunteers.move(loser, winner)

    def report(self) -> dict[str, Any]:
        return {
            **self.books.report(),
            **self.books.made(),
            "gifts": self.gifts.by_reference(),
            "held": len(self.store.held) + len(self.gifts.held),
            "contacts": len(self.store.contacts),
            "duplicates": self.store.duplicates(),
            "duplicate_gifts": self.gifts.duplicates(),
            "duplicate_reversals": self.gifts.duplicate_reversals(),
            "duplicate_notes": self.notes.duplicates(),
            **self.volunteers.duplicates(),
            "quota": self.quota.state(),
        }

    def _import_at_once(self, now: float) -> None:
        if self.settings.auto_import == "immediately":
            self.run_import(now)

    def _take_hours(self, contact: Contact, row: Row, calendar: Calendar) -> None:
        if self.settings.volunteers_enabled:
            take_hours(contact, row, self.volunteers, self.books, calendar)
        elif row.get("volunteerAttendances"):
            self.books.ignored_attendances["volunteers are not enabled"] += len(row["volunteerAttendances"])
