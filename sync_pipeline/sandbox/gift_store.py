"""Held gift transactions, the import that turns them into gifts, and the gifts themselves."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from sync_pipeline.sandbox.books import Books, reference_name
from sync_pipeline.sandbox.contact import Contact
from sync_pipeline.sandbox.contact_store import ContactStore
from sync_pipeline.sandbox.gift import REVERSING, Gift, gift_reference
from sync_pipeline.sandbox.gift_donor import donor_of
from sync_pipeline.sandbox.gift_rules import designated

Row = dict[str, Any]
Reference = tuple[str, str]


class GiftStore:
    """The gifts of one organization. A pair of transaction source and id makes one gift, ever."""

    def __init__(self, books: Books, contacts: ContactStore) -> None:
        self.gifts: dict[int, Gift] = {}
        self.held: list[Row] = []
        self._books = books
        self._contacts = contacts
        self._ids = count(50001)
        self._projects: dict[str, int] = {}
        self._by_reference: dict[Reference, Gift] = {}
        self._by_contact: defaultdict[int, list[Gift]] = defaultdict(list)
        self._accepted: set[Reference] = set()
        self._repeats: Counter[Reference] = Counter()

    def repeats(self, rows: list[Row]) -> list[int]:
        """Positions of the rows whose pair is held, imported, or further up in `rows`; they are booked as repeats."""
        seen: set[Reference] = set()
        repeated: list[int] = []
        for position, row in enumerate(rows):
            reference = gift_reference(row)
            if reference in seen or reference in self._accepted:
                repeated.append(position)
                self._repeats[reference] += 1
            elif reference[1]:
                seen.add(reference)
        return repeated

    def hold(self, rows: list[Row]) -> None:
        self.held += rows
        self._accepted.update(reference for row in rows if (reference := gift_reference(row))[1])

    def held_row(self, source: str, transaction_id: str) -> Row | None:
        return next((row for row in self.held if gift_reference(row) == (source, transaction_id)), None)

    def find(self, source: str, transaction_id: str) -> Gift | None:
        return self._by_reference.get((source, transaction_id))

    def of_contact(self, contact_id: int) -> list[Gift]:
        return self._by_contact[contact_id]

    def run_import(self, now: float, *, creates_contacts: bool) -> int:
        """Turns held transactions into gifts. What has no donor stays held, in what staff see as Needs Update."""
        rows, self.held = self.held, []
        before = len(self.gifts)
        for row in rows:
            donor = donor_of(row, self._contacts, now, creates=creates_contacts)
            if donor is None:
                self.held.append(row)
                continue
            gift = self._keep(donor.contact_id, row, now)
            if gift.reference[1]:
                self._by_reference[gift.reference] = gift
        return len(self.gifts) - before

    def reversals_of(self, gift: Gift) -> int:
        return sum(one.reversed_gift_id == gift.gift_id for one in self.of_contact(gift.contact_id))

    def reverse(self, gift: Gift, gift_date: date, notes: str, now: float) -> Gift:
        """The original stays; a gift of the negative amount comes beside it."""
        shares = [one | {"amountDesignated": str(-designated(one))} for one in gift.designations]
        row = {"amount": str(-gift.amount), "giftDate": str(gift_date), "giftType": REVERSING, "notes": notes}
        offsetting = self._keep(gift.contact_id, row | {"designations": shares}, now)
        offsetting.reversed_gift_id = gift.gift_id
        self._books.make("reversals", gift.gift_id)
        return offsetting

    def move(self, loser: Contact, winner: Contact) -> None:
        moved = self._by_contact.pop(loser.contact_id, [])
        self._by_contact[winner.contact_id] += moved
        for gift in moved:
            gift.contact_id = winner.contact_id

    def project_id(self, designation: Row) -> int:
        """Projects are known by code or name here; the same one has the same id."""
        name = str(designation.get("code") or designation.get("name") or designation.get("id") or "")
        return self._projects.setdefault(name, 201 + len(self._projects))

    def by_reference(self) -> dict[str, dict[str, int]]:
        """Per pair ever accepted: records made, repeats that came, and whether it is held."""
        held = Counter(gift_reference(row) for row in self.held)
        records = Counter(gift.reference for gift in self.gifts.values() if gift.reference[1])
        return {
            reference_name(*one): {"records": records[one], "repeats": self._repeats[one], "held": held[one]}
            for one in sorted(self._accepted)
        }

    def duplicates(self) -> int:
        """Gifts too many: of one pair, or without an id of one contact, day and amount."""
        gifts = [gift for gift in self.gifts.values() if gift.reversed_gift_id is None]
        return len(gifts) - len({gift.reference if gift.reference[1] else _likeness(gift) for gift in gifts})

    def duplicate_reversals(self) -> int:
        reversed_ids = [one.reversed_gift_id for one in self.gifts.values() if one.reversed_gift_id is not None]
        return len(reversed_ids) - len(set(reversed_ids))

    def _keep(self, contact_id: int, row: Row, now: float) -> Gift:
        gift = Gift(next(self._ids), contact_id, row, now, now)
        self.gifts[gift.gift_id] = gift
        self._by_contact[contact_id].append(gift)
        return gift


def _likeness(gift: Gift) -> tuple[int, date | None, Decimal]:
    return gift.contact_id, gift.gift_date, gift.amount
