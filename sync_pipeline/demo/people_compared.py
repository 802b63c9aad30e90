"""Contacts, one by one: everybody there, once, with the values of the source."""

from collections.abc import Iterator, Mapping

from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.evidence import VOMO, Evidence
from sync_pipeline.demo.people import Contact, sent_versions


def wrong_people(evidence: Evidence) -> Iterator[Difference]:
    expected, actual = evidence.expected_contacts(), evidence.contacts
    if missing := expected.keys() - actual.keys():
        yield Difference(evidence.customer_id, "people that are not in Virtuous", _ids(missing))
    if surplus := actual.keys() - expected.keys():
        yield Difference(evidence.customer_id, "contacts that nobody at a source stands for", _ids(surplus))
    by_fields: dict[str, list[str]] = {}
    for key in expected.keys() & actual.keys():
        if fields := _differing(expected[key], actual[key]):
            by_fields.setdefault(", ".join(fields), []).append(key)
    for fields, keys in sorted(by_fields.items()):
        yield Difference(evidence.customer_id, f"contacts with another value in {fields}", _ids(keys))
    yield from _wrong_effects(evidence)


def expected_effects(evidence: Evidence) -> dict[str, int]:
    """How many distinct values of each person Virtuous can have taken."""
    users = evidence.sources.users
    return {f"{VOMO}/{key}": len(sent_versions(users, key)) for key in users.latest()}


def _wrong_effects(evidence: Evidence) -> Iterator[Difference]:
    """A value sent twice in a row has one effect; one too few never arrived, one too many was never the source's."""
    wanted, booked = expected_effects(evidence), evidence.books["effects"]
    wrong = {reference for reference in wanted.keys() | booked.keys() if wanted.get(reference) != booked.get(reference)}
    if wrong:
        yield Difference(evidence.customer_id, "records with more or fewer effects than distinct values", _ids(wrong))


def _differing(expected: Mapping[str, object], actual: Contact) -> list[str]:
    return sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))


def _ids(references: Iterator[str] | set[str] | list[str]) -> list[str]:
    """Users go by their number; who came from elsewhere keeps the name of the source."""
    return [reference.removeprefix(f"{VOMO}/") for reference in references]
