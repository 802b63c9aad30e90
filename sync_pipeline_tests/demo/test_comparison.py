"""What is wrong in Virtuous is found and named by ids, never by values; what is right is not complained about."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.evidence import Evidence
from sync_pipeline.demo.gifts_compared import gift_counts, wrong_gifts, wrong_reversals
from sync_pipeline.demo.serving_compared import (
    attendance_counts,
    hour_counts,
    wrong_hours,
    wrong_notes,
    wrong_opportunities,
)
from sync_pipeline.demo.sources import Sources
from sync_pipeline_tests.demo.test_giving import DONATION, REFUNDED, TRANSACTION

PROJECT: dict[str, Any] = {
    "id": 3,
    "name": "Pantry Shift",
    "description": "Come and help.",
    "draft": False,
    "address": {
        "timezone": "America/Chicago",
        "venue": "Fila Hall",
        "route": "1 Elm Street",
        "locality": "Fila",
        "administrative_area_level_1_short": "IL",
        "postal_code": "60601",
        "country_short": "US",
    },
}
DATE = {"id": 31, "starts_at": "2026-05-09T14:00:00+00:00", "ends_at": "2026-05-09T17:30:00+00:00"}
SERVED: dict[str, Any] = {"id": 5, "user_id": 17, "hours": 3.5, "date": DATE, "project": PROJECT}
COMPLETED = {"id": 9, "user_id": 17, "created_at": "2026-05-09T14:00:00+00:00", "form": {"name": "Waiver"}}

GIFT = {
    "id": 50001,
    "contactId": 70,
    "transactionSource": "GIVING",
    "transactionId": "don_1",
    "reversedGiftId": None,
    "row": TRANSACTION,
}
REVERSAL = {
    "id": 50002,
    "contactId": 70,
    "transactionSource": "",
    "transactionId": "",
    "reversedGiftId": 50001,
    "giftDate": "2026-05-19",
    "amount": "-30.00",
    "row": {},
}
OPPORTUNITY = {
    "name": "Pantry Shift",
    "description": "Come and help.",
    "timeZone": "America/Chicago",
    "locationName": "Fila Hall",
    "address1": "1 Elm Street",
    "city": "Fila",
    "state": "IL",
    "postal": "60601",
    "country": "US",
    "isActive": True,
}
ATTENDANCE = {
    "opportunity": "Pantry Shift",
    "contactId": 71,
    "start": "2026-05-09T14:00:00Z",
    "end": "2026-05-09T17:30:00Z",
    "hours": "3.50",
}
NOTE = {"contactId": 71, "note": 'Completed the form "Waiver" on 2026-05-09 in VOMO.\n[sync:VOMO/completion-9]'}

Judge = Callable[[Evidence], Iterator[Difference]]


@pytest.fixture
def evidence() -> Evidence:
    """A donation that was refunded, a project with one shift, and a form: everything arrived once."""
    sources = Sources("a-customer")
    for donation in (DONATION, REFUNDED):
        sources.donations.note([donation])
    sources.projects.note([PROJECT])
    sources.participations.note([SERVED])
    sources.completions.note([COMPLETED])
    return Evidence(
        customer_id="a-customer",
        nights=[],
        sources=sources,
        books={},
        contacts={},
        contact_ids={"VOMO/17": 71, "GIVING/dnr_1": 70},
        gifts=[GIFT, REVERSAL],
        opportunities=[OPPORTUNITY],
        attendances=[ATTENDANCE],
        notes=[NOTE],
        source_requests=0,
    )


def said(judge: Judge, evidence: Evidence, **found: Any) -> list[tuple[str, list[str]]]:
    """What the judge says when `found` is there instead."""
    return [(difference.what, difference.sorted_keys()) for difference in judge(replace(evidence, **found))]


@pytest.mark.parametrize("judge", [wrong_gifts, wrong_reversals, wrong_opportunities, wrong_hours, wrong_notes])
def test_everything_once_is_no_difference(evidence: Evidence, judge: Judge) -> None:
    assert said(judge, evidence) == []
    assert (gift_counts(evidence), attendance_counts(evidence)) == ((1, 1), (1, 1))


def test_a_gift_that_is_missing_doubled_or_nobodys_is_named(evidence: Evidence) -> None:
    stranger = GIFT | {"transactionSource": "BANK", "transactionId": "1"}
    assert said(wrong_gifts, evidence, gifts=[]) == [("donations without the gift they stand for", ["don_1"])]
    assert said(wrong_gifts, evidence, gifts=[GIFT, GIFT]) == [("donations with more than one gift", ["don_1"])]
    assert said(wrong_gifts, evidence, gifts=[GIFT, stranger]) == [
        ("donations with a gift that should not be", ["BANK/1"])
    ]


def test_a_gift_with_another_amount_or_split_or_donor_is_named_by_its_fields(evidence: Evidence) -> None:
    row = TRANSACTION | {"amount": "31.00", "designations": TRANSACTION["designations"][:1]}
    assert said(wrong_gifts, evidence, gifts=[GIFT | {"row": row, "contactId": 71}]) == [
        ("gifts with another value in amount, designations, whose gift it is", ["don_1"])
    ]


def test_a_reversal_that_is_missing_doubled_or_wrong_is_named(evidence: Evidence) -> None:
    twice, late = [GIFT, REVERSAL, REVERSAL], [GIFT, REVERSAL | {"giftDate": "2026-05-20"}]
    assert said(wrong_reversals, evidence, gifts=[GIFT]) == [
        ("donations without the reversal they stand for", ["don_1"])
    ]
    assert said(wrong_reversals, evidence, gifts=twice) == [("donations with more than one reversal", ["don_1"])]
    assert said(wrong_reversals, evidence, gifts=late) == [("reversals on another day or of another amount", ["don_1"])]


def test_a_gift_that_nobody_took_back_must_not_be_reversed(evidence: Evidence) -> None:
    evidence.sources.donations.nights[-1] = {"don_1": DONATION}
    assert said(wrong_reversals, evidence) == [("donations with a reversal that should not be", ["don_1"])]


def test_doubled_hours_are_counted_and_missing_ones_named(evidence: Evidence) -> None:
    assert said(wrong_hours, evidence, attendances=[ATTENDANCE, ATTENDANCE]) == [
        ("attendance too many, or with another value: 1", [])
    ]
    assert said(wrong_hours, evidence, attendances=[]) == [
        ("participations without the attendance they stand for", ["5"])
    ]
    assert hour_counts(replace(evidence, attendances=[ATTENDANCE, ATTENDANCE])) == (3.5, 7)


@pytest.mark.parametrize(
    "wrong", [{"hours": "4.0"}, {"contactId": 70}, {"start": "2026-05-09T15:00:00Z"}, {"opportunity": "Toy Drive"}]
)
def test_hours_of_somebody_else_or_elsewhere_are_both_missing_and_too_many(
    evidence: Evidence, wrong: dict[str, Any]
) -> None:
    assert said(wrong_hours, evidence, attendances=[ATTENDANCE | wrong]) == [
        ("participations without the attendance they stand for", ["5"]),
        ("attendance too many, or with another value: 1", []),
    ]


def test_two_shifts_that_mean_the_same_are_both_expected(evidence: Evidence) -> None:
    evidence.sources.participations.nights[-1]["6"] = SERVED | {"id": 6}
    assert said(wrong_hours, evidence, attendances=[ATTENDANCE, ATTENDANCE]) == []


def test_a_note_of_another_person_or_made_twice_is_a_difference(evidence: Evidence) -> None:
    assert said(wrong_notes, evidence, notes=[NOTE, NOTE]) == [("note too many, or with another value: 1", [])]
    assert said(wrong_notes, evidence, notes=[NOTE | {"contactId": 70}]) == [
        ("completions without the note they stand for", ["9"]),
        ("note too many, or with another value: 1", []),
    ]


def test_an_opportunity_made_twice_or_changed_is_a_difference(evidence: Evidence) -> None:
    assert said(wrong_opportunities, evidence, opportunities=[OPPORTUNITY, OPPORTUNITY]) == [
        ("opportunity too many, or with another value: 1", [])
    ]
    assert said(wrong_opportunities, evidence, opportunities=[OPPORTUNITY | {"city": "Elsewhere"}])[0] == (
        "projects without the opportunity they stand for",
        ["3"],
    )
