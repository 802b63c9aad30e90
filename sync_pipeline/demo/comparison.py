"""Virtuous as the sandbox has it, held against the source: everybody there, once, with the same values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.nights import CustomerNight, virtuous_token, vomo_token
from sync_pipeline.demo.people import Contact, People
from sync_pipeline.demo.reports import wrong_reports, wrong_requests
from sync_pipeline.sandbox.world import World

REFERENCE_SOURCE = "VOMO"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One customer at the end. Pairs are (what we claim or expect, what the sandbox says)."""

    customer_id: str
    source_users: int
    contacts: int
    equal: int
    dead_letters: int
    duplicates: int
    out_of_order: int
    values: tuple[int, int]
    requests: tuple[int, int]
    source_requests: tuple[int, int]
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is compared: the people as they should be, the contacts and the books as they are."""

    customer_id: str
    nights: Sequence[CustomerNight]
    people: People
    contacts: Mapping[str, Contact]
    books: Mapping[str, Any]
    source_requests: int

    @property
    def dead_letters(self) -> list[Mapping[str, Any]]:
        return [letter for ran in self.nights for letter in ran.dead_letters]


def gathered(world: World, customer_id: str, nights: Sequence[CustomerNight], people: People) -> Evidence:
    """The evidence about one customer; references of other sources keep their prefix and so stand out."""
    prefix = f"{REFERENCE_SOURCE}/"
    contacts = world.contacts(virtuous_token(customer_id))
    return Evidence(
        customer_id=customer_id,
        nights=nights,
        people=people,
        contacts={reference.removeprefix(prefix): contact for reference, contact in contacts.items()},
        books=world.books(virtuous_token(customer_id)),
        source_requests=sum(world.books(vomo_token(customer_id))["requests"].values()),
    )


def compared(evidence: Evidence) -> Comparison:
    """Everything that can be said about one customer, with all differences."""
    expected, books = evidence.people.expected(), evidence.books
    return Comparison(
        customer_id=evidence.customer_id,
        source_users=len(evidence.people.now),
        contacts=books["contacts"],
        equal=sum(evidence.contacts.get(key) == contact for key, contact in expected.items()),
        dead_letters=len(evidence.dead_letters),
        duplicates=books["duplicates"],
        out_of_order=books["out_of_order"],
        values=(sum(_expected_effects(evidence).values()), sum(books["effects"].values())),
        requests=(sum(sum(ran.requests.values()) for ran in evidence.nights), sum(books["requests"].values())),
        source_requests=(sum(ran.count("source_requests") for ran in evidence.nights), evidence.source_requests),
        differences=[
            *_wrong_contacts(evidence, expected),
            *_wrong_books(evidence, len(expected)),
            *_wrong_effects(evidence),
            *wrong_reports(evidence.nights, evidence.people),
            *wrong_requests(evidence.nights, books["requests"]),
            *_wrong_source_requests(evidence),
        ],
    )


def _wrong_contacts(evidence: Evidence, expected: Mapping[str, Contact]) -> Iterator[Difference]:
    actual = evidence.contacts
    if missing := expected.keys() - actual.keys():
        yield Difference(evidence.customer_id, "users that are not in Virtuous", missing)
    if surplus := actual.keys() - expected.keys():
        yield Difference(evidence.customer_id, "contacts that no user stands for", surplus)
    by_fields: dict[str, list[str]] = {}
    for key in expected.keys() & actual.keys():
        if fields := _differing(expected[key], actual[key]):
            by_fields.setdefault(", ".join(fields), []).append(key)
    for fields, keys in sorted(by_fields.items()):
        yield Difference(evidence.customer_id, f"contacts with another value in {fields}", keys)


def _differing(expected: Contact, actual: Contact) -> list[str]:
    return sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))


def _wrong_books(evidence: Evidence, people: int) -> Iterator[Difference]:
    books = evidence.books
    claims = {
        "contacts": (books["contacts"], people),
        "duplicates": (books["duplicates"], 0),
        "values that arrived out of order": (books["out_of_order"], 0),
        "transactions still held after the import": (books["held"], 0),
        "fields that Virtuous does not know": (sum(books["unknown_fields"].values()), 0),
    }
    for name, (found, wanted) in claims.items():
        if found != wanted:
            yield Difference(evidence.customer_id, f"{name}: {found}, expected {wanted}")


def _wrong_effects(evidence: Evidence) -> Iterator[Difference]:
    """A value sent twice in a row has one effect; one too few never arrived, one too many was never the source's."""
    wanted, booked = _expected_effects(evidence), evidence.books["effects"]
    wrong = {reference for reference in wanted.keys() | booked.keys() if wanted.get(reference) != booked.get(reference)}
    if wrong:
        keys = {reference.removeprefix(f"{REFERENCE_SOURCE}/") for reference in wrong}
        yield Difference(evidence.customer_id, "records with more or fewer effects than distinct values", keys)


def _expected_effects(evidence: Evidence) -> dict[str, int]:
    keys = {key for users in evidence.people.nights for key in users}
    counted = {f"{REFERENCE_SOURCE}/{key}": len(evidence.people.sent_versions(key)) for key in keys}
    return {reference: count for reference, count in counted.items() if count}


def _wrong_source_requests(evidence: Evidence) -> Iterator[Difference]:
    reported = sum(ran.count("source_requests") for ran in evidence.nights)
    if reported != evidence.source_requests:
        yield Difference(
            evidence.customer_id, f"requests to VOMO: {reported} reported, {evidence.source_requests} booked"
        )
