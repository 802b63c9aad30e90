"""A day in the life of a giving platform: donations come in, are refunded, corrected, removed; the same by seed."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from sync_pipeline.sandbox.giving_made_up import (
    donor_part,
    giving_moment,
    made_up_allocations,
    made_up_donation,
)
from sync_pipeline.sandbox.giving_tables import GivingKind, GivingTables
from sync_pipeline.sandbox.source_records import Row


@dataclass(frozen=True)
class TouchedDonations:
    """The ids of a change, and the one `updated_at` that all of them got."""

    updated_at: str
    added: list[str]
    refunded: list[str]
    edited: list[str]
    removed: list[str]


def change_donations(
    tables: GivingTables, *, add: int, refund: int, edit: int, remove: int, seed: int, now: float, gaps: bool
) -> TouchedDonations:
    """Refunds succeeded donations, divides others anew among the funds, removes others and adds new ones."""
    random = Random(seed)  # noqa: S311 - a repeatable draw is the purpose
    donations = tables["donations"]
    moment = giving_moment(donations.next_moment(now).timestamp())
    drawn = random.sample(donations.all(), len(donations))
    refunded = [donation for donation in drawn if donation["status"] == "succeeded"][:refund]
    chosen = {donation["id"] for donation in refunded}
    others = [donation for donation in drawn if donation["id"] not in chosen]
    edited, removed = others[:edit], others[edit : edit + remove]
    for donation in refunded:
        donations.put(donation | {"status": "refunded", "refunded_at": moment, "updated_at": moment})
    for donation in edited:
        donations.put(donation | {"allocations": _other_allocations(donation, random), "updated_at": moment})
    for donation in removed:
        donations.remove(donation["id"])
    added = [_add(tables, seed, now, moment, gaps=gaps) for _ in range(add if len(tables["donors"]) else 0)]
    touched = ([donation["id"] for donation in kind] for kind in (added, refunded, edited, removed))
    return TouchedDonations(moment, *(sorted(ids) for ids in touched))


def edit_giving_record(
    tables: GivingTables, kind: GivingKind, record_id: str, fields: dict[str, Any], now: float
) -> Row:
    """Sets exactly these fields; a donor's donations show them too, but only the donor's own `updated_at` moves.

    Raises KeyError for an unknown id or field.
    """
    table = tables[kind]
    row = table.known(record_id)
    if not fields.keys() <= row.keys() - {"id"}:
        raise KeyError("no such field")
    table.put(row | {"updated_at": giving_moment(table.next_moment(now).timestamp())} | fields)
    if kind == "donors":
        for donation in tables["donations"].all():
            if donation["donor"]["id"] == record_id:
                tables["donations"].put(donation | {"donor": donor_part(table.known(record_id))})
    return table.known(record_id)


def _add(tables: GivingTables, seed: int, now: float, moment: str, *, gaps: bool) -> Row:
    number = tables["donations"].next_number
    settled: Row = {"status": "succeeded", "refunded_at": None}
    donation = made_up_donation(number, tables, seed, now, gaps=gaps, at=moment) | settled
    tables["donations"].put(donation)
    return donation


def _other_allocations(donation: Row, random: Random) -> list[Row]:
    found = donation["allocations"]
    while found == donation["allocations"]:
        found = made_up_allocations(Decimal(donation["amount"]), random)
    return found
