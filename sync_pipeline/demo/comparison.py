"""Virtuous as the sandbox has it, held against the sources: everything there, once, with the same values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sync_pipeline.demo import gifts_compared as gifts
from sync_pipeline.demo import serving_compared as serving
from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.evidence import Evidence
from sync_pipeline.demo.people_compared import expected_effects, wrong_people
from sync_pipeline.demo.reports import wrong_reports, wrong_requests

DUPLICATES = (
    *("duplicates", "duplicate_gifts", "duplicate_reversals", "duplicate_notes"),
    *("duplicate_opportunities", "duplicate_volunteers", "duplicate_attendances"),
)
"""What the books count of records too many; the first is of contacts."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One customer at the end. Pairs are (what we claim or expect, what the sandbox says).

    `effects`: pairs of what there is beside contacts, by name, where the customer has any.
    """

    customer_id: str
    source_users: int
    contacts: int
    equal: int
    dead_letters: int
    duplicates: int
    out_of_order: int
    values: Pair
    effects: Mapping[str, tuple[int | Decimal, int | Decimal]]
    requests: Pair
    source_requests: Pair
    differences: list[Difference] = field(default_factory=list)


def compared(evidence: Evidence) -> Comparison:
    """Everything that can be said about one customer, with all differences."""
    expected, books = evidence.expected_contacts(), evidence.books
    return Comparison(
        customer_id=evidence.customer_id,
        source_users=len(evidence.sources.users.now),
        contacts=books["contacts"],
        equal=sum(evidence.contacts.get(key) == contact for key, contact in expected.items()),
        dead_letters=len(evidence.dead_letters),
        duplicates=sum(books[name] for name in DUPLICATES),
        out_of_order=books["out_of_order"],
        values=(sum(expected_effects(evidence).values()), sum(books["effects"].values())),
        effects=_effects(evidence),
        requests=(sum(sum(ran.requests.values()) for ran in evidence.nights), sum(books["requests"].values())),
        source_requests=(evidence.reported_source_requests, evidence.source_requests),
        differences=[
            *wrong_people(evidence),
            *gifts.wrong_gifts(evidence),
            *gifts.wrong_reversals(evidence),
            *serving.wrong_opportunities(evidence),
            *serving.wrong_hours(evidence),
            *serving.wrong_notes(evidence),
            *_wrong_books(evidence, len(expected)),
            *wrong_reports(evidence.nights, evidence.sources),
            *wrong_requests(evidence.nights, books["requests"]),
            *_wrong_source_requests(evidence),
        ],
    )


def _effects(evidence: Evidence) -> dict[str, tuple[int | Decimal, int | Decimal]]:
    pairs = {
        "gifts": gifts.gift_counts(evidence),
        "reversals": gifts.reversal_counts(evidence),
        "opportunities": serving.opportunity_counts(evidence),
        "attendances": serving.attendance_counts(evidence),
        "hours": serving.hour_counts(evidence),
        "notes": serving.note_counts(evidence),
    }
    return {name: pair for name, pair in pairs.items() if any(pair)}


def _wrong_books(evidence: Evidence, people: int) -> Iterator[Difference]:
    books = evidence.books
    claims = {
        "contacts": (books["contacts"], people),
        **{name.replace("_", " "): (books[name], 0) for name in DUPLICATES},
        "values that arrived out of order": (books["out_of_order"], 0),
        "transactions still held after the import": (books["held"], 0),
        "fields that Virtuous does not know": (sum(books["unknown_fields"].values()), 0),
    }
    for name, (found, wanted) in claims.items():
        if found != wanted:
            yield Difference(evidence.customer_id, f"{name}: {found}, expected {wanted}")


def _wrong_source_requests(evidence: Evidence) -> Iterator[Difference]:
    reported, booked = evidence.reported_source_requests, evidence.source_requests
    if reported != booked:
        yield Difference(evidence.customer_id, f"requests to the sources: {reported} reported, {booked} booked")
