"""Opportunities, hours and notes: exactly one for each record of the source, with its values."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from decimal import Decimal

from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.evidence import Evidence

Thing = tuple[Hashable, ...]
"""Everything that matters about one record, so that equal ones can be counted."""

OPPORTUNITY_FIELDS = (
    *("name", "description", "timeZone", "locationName", "address1", "city", "state", "postal", "country", "isActive"),
)


def opportunity_counts(evidence: Evidence) -> tuple[int, int]:
    """Expected and found."""
    return len(evidence.sources.projects.latest()), len(evidence.opportunities)


def attendance_counts(evidence: Evidence) -> tuple[int, int]:
    return len(evidence.sources.participations.latest()), len(evidence.attendances)


def hour_counts(evidence: Evidence) -> tuple[Decimal, Decimal]:
    expected = (hours["hours"] for hours in evidence.sources.participations.latest().values())
    found = (Decimal(row["hours"]) for row in evidence.attendances)
    return sum(expected, Decimal(0)), sum(found, Decimal(0))


def note_counts(evidence: Evidence) -> tuple[int, int]:
    return len(evidence.sources.completions.latest()), len(evidence.notes)


def wrong_opportunities(evidence: Evidence) -> Iterator[Difference]:
    projects = evidence.sources.projects.latest()
    expected = {key: tuple(one[name] for name in OPPORTUNITY_FIELDS) for key, one in projects.items()}
    found = [tuple(row.get(name) for name in OPPORTUNITY_FIELDS) for row in evidence.opportunities]
    yield from _wrong(evidence, "projects", "opportunity", expected, found)


def wrong_hours(evidence: Evidence) -> Iterator[Difference]:
    shifts = evidence.sources.participations.latest()
    expected = {
        key: (one["opportunity"], evidence.person(one["user"]), one["start"], one["end"], one["hours"])
        for key, one in shifts.items()
    }
    found = [
        (row["opportunity"], row["contactId"], row["start"], row["end"], Decimal(row["hours"]))
        for row in evidence.attendances
    ]
    yield from _wrong(evidence, "participations", "attendance", expected, found)


def wrong_notes(evidence: Evidence) -> Iterator[Difference]:
    completions = evidence.sources.completions.latest()
    expected = {key: (evidence.person(one["user"]), one["note"]) for key, one in completions.items()}
    found = [(row["contactId"], row["note"]) for row in evidence.notes]
    yield from _wrong(evidence, "completions", "note", expected, found)


def _wrong(
    evidence: Evidence, whose: str, what: str, expected: Mapping[str, Thing], found: Iterable[Thing]
) -> Iterator[Difference]:
    """As many of each as expected; two records may mean the very same, such as two roles on one day."""
    left = Counter(found)
    without: list[str] = []
    for key, thing in expected.items():
        if left[thing]:
            left[thing] -= 1
        else:
            without.append(key)
    if without:
        yield Difference(evidence.customer_id, f"{whose} without the {what} they stand for", without)
    if surplus := left.total():
        yield Difference(evidence.customer_id, f"{what} too many, or with another value: {surplus}")
