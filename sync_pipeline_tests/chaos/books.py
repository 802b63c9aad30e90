"""Three books compared, record by record: what the sources have, what the ledger says, what Virtuous has."""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select

from sync_pipeline.adapters.sql.tables import ledger
from sync_pipeline.adapters.sql.waiting import AGED
from sync_pipeline.domain.operation import LEFT_OVER, NEEDS_A_PERSON, State
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO
from sync_pipeline_tests.end_to_end.expectations import expected_contact, has_values
from sync_pipeline_tests.end_to_end.kinds import DUPLICATES, GIVING

Record = tuple[str, str]  # its kind, and its id in the source


@dataclass
class Findings:
    """What is wrong, in words: ids only."""

    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return [*self.duplicates, *self.lost, *self.unsound]

    def compare(self, what: str, wanted: int, found: int, *, excused: bool = False) -> None:
        if found > wanted:
            self.duplicates.append(f"{what}: {found} instead of {wanted}")
        elif found < wanted and not excused:
            self.lost.append(f"{what}: {found} instead of {wanted}")


class Ledger:
    """What the ledger says about each record."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as connection:
            rows = connection.execute(
                select(ledger.c.operation_id, ledger.c.kind, ledger.c.reference_id, ledger.c.state, AGED)
            )
            # What has waited for long is in review, and still goes on by itself.
            self._states = [
                (number, (kind, reference), State.WAITING if aged else state)
                for number, kind, reference, state, aged in rows
            ]

    def left_over(self) -> Counter[str]:
        """What goes on by itself, by state."""
        return Counter(state for _, _, state in self._states if state in LEFT_OVER)

    def newest(self) -> int:
        return max((number for number, _, _ in self._states), default=0)

    def in_doubt(self) -> set[int]:
        return {number for number, _, state in self._states if state == State.SENDING}

    def awaits_a_person(self) -> set[Record]:
        """Records that only a person, or a new value, moves on."""
        return {record for _, record, state in self._states if state in NEEDS_A_PERSON}

    def unsettled(self) -> Iterator[tuple[Record, str]]:
        return ((record, state) for _, record, state in self._states if state in LEFT_OVER)


def compare_books(world: World, engine: Engine, streams: AbstractSet[str], findings: Findings) -> None:
    """Add what is wrong with the records of these streams; the customer has no others."""
    book = Ledger(engine)
    excused = book.awaits_a_person()
    _counted_by_virtuous(world, findings)
    _contacts(world, excused, findings)
    if "donations" in streams:
        _gifts(world, excused, findings)
    if "completions" in streams:
        _notes(world, excused, findings)
    if "participations" in streams:
        _opportunities(world, findings)
        _hours(world, excused, findings)
    futile = _refunded_before_they_were_sent(world) if "donations" in streams else set()
    for (kind, reference), state in book.unsettled():
        if state == State.WAITING and (kind, reference) in futile:
            continue
        if state != State.WAITING or not any(kind == "contact" for kind, _ in excused):
            findings.lost.append(f"{kind} {reference} is still {state}")


def _refunded_before_they_were_sent(world: World) -> set[Record]:
    """An initial run knows of no gift whether it left once: the reversal waits for it, and then for a person."""
    there = {gift["transactionId"] for gift in world.gifts(VIRTUOUS)}
    donations = world.giving_donations(GIVING)
    return {("gift", one["id"]) for one in donations if one["status"] != "succeeded" and one["id"] not in there}


def _counted_by_virtuous(world: World, findings: Findings) -> None:
    """Two projects of one name are two opportunities, which Virtuous would call a duplicate: they are counted below."""
    books = world.books(VIRTUOUS)
    kinds = (f"duplicate_{kind}" for kind in DUPLICATES if kind != "opportunities")
    for name in ("duplicates", "out_of_order", *kinds):
        findings.compare(name, 0, books[name])


def _contacts(world: World, excused: AbstractSet[Record], findings: Findings) -> None:
    contacts = world.contacts(VIRTUOUS)
    for user in world.vomo_users(VOMO):
        number = str(user["id"])
        if ("contact", number) not in excused:
            right = has_values(contacts.get(f"VOMO/{number}"), expected_contact(user))
            findings.compare(f"contact {number}", 1, int(right))


def _gifts(world: World, excused: AbstractSet[Record], findings: Findings) -> None:
    """A refunded donation leaves no gift, or one and its one reversal."""
    gifts = world.gifts(VIRTUOUS)
    given = [one for one in gifts if not one.get("reversedGiftId")]
    reversals = Counter(one["reversedGiftId"] for one in gifts if one.get("reversedGiftId"))
    donations = {one["id"]: one for one in world.giving_donations(GIVING)}
    for number in donations.keys() | {one["transactionId"] for one in given}:
        donation = donations[number]
        found = [one for one in given if one["transactionId"] == number]
        right = [one for one in found if Decimal(str(one["amount"])) == Decimal(donation["amount"])]
        taken_back = sum(reversals[one["id"]] for one in found)
        is_excused = ("gift", number) in excused
        succeeded = donation["status"] == "succeeded"
        findings.compare(f"gift {number}", int(succeeded or bool(found)), len(found), excused=is_excused)
        findings.compare(f"amount of gift {number}", len(found), len(right))
        wanted = 0 if succeeded else len(found)
        findings.compare(f"reversal of gift {number}", wanted, taken_back, excused=is_excused)


def _notes(world: World, excused: AbstractSet[Record], findings: Findings) -> None:
    completions = {str(one["id"]): str(one["user_id"]) for one in world.vomo_completions(VOMO)}
    marks = Counter(note["note"].rpartition("completion-")[2].rstrip("]") for note in world.notes(VIRTUOUS))
    for number in completions.keys() | marks.keys():
        is_excused = ("note", number) in excused or ("contact", completions.get(number, "")) in excused
        findings.compare(f"note {number}", int(number in completions), marks[number], excused=is_excused)


def _opportunities(world: World, findings: Findings) -> None:
    wanted = Counter(str(one["name"]).strip() for one in world.vomo_projects(VOMO))
    found = Counter(one["name"] for one in world.opportunities(VIRTUOUS))
    for place, name in enumerate(sorted(wanted.keys() | found.keys())):
        findings.compare(f"opportunity {place}", wanted[name], found[name])


def _hours(world: World, excused: AbstractSet[Record], findings: Findings) -> None:
    """By person and project: Virtuous knows no participation."""
    people = {number: name.partition("/")[2] for name, number in world.contact_ids(VIRTUOUS).items() if "VOMO/" in name}
    projects = {one["id"]: str(one["name"]).strip() for one in world.vomo_projects(VOMO)}
    dates = {one["id"]: projects[one["project_id"]] for one in world.vomo_project_dates(VOMO)}
    wanted: Counter[tuple[str, str, Decimal]] = Counter()
    for one in world.vomo_participations(VOMO):
        if _served(one):
            wanted[str(one["user_id"]), dates[one["project_date_id"]], Decimal(str(one["hours"]))] += 1
    found = Counter(
        (people.get(one["contactId"], "?"), one["opportunity"], Decimal(str(one["hours"])))
        for one in world.attendances(VIRTUOUS)
    )
    for person, project, hours in wanted.keys() | found.keys():
        what = f"{hours} hours of {person} at opportunity {sorted(projects.values()).index(project)}"
        is_excused = ("contact", person) in excused
        findings.compare(what, wanted[person, project, hours], found[person, project, hours], excused=is_excused)


def _served(participation: dict[str, Any]) -> bool:
    """Who declined, or brings items, serves no hours, whatever is entered."""
    took_part = participation["status"] != "DECLINED" and participation["need"]["type"] != "item"
    return took_part and bool(participation["hours"]) and bool(float(participation["hours"]))
