"""Odd values and orders of events that were not foreseen at first: none may stop a stream or lose a write."""

from dataclasses import replace

import pytest

from sync_pipeline.domain.change import Action, Change
from sync_pipeline.domain.crm.reading import moment
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.records import KINDS, Known
from sync_pipeline.domain.records.shapes import is_day
from sync_pipeline_tests.domain.records.support import (
    RULES,
    but,
    change_of,
    gone,
    has,
    prints,
    record,
    weighed,
    writes_of,
)

CONTACT, GIFT, ATTENDANCE = KINDS["contact"], KINDS["gift"], KINDS["attendance"]
EXACT = replace(RULES, exact_tags=True)
REVERSING = replace(RULES, on_delete="reverse")
PERSON = {"lastName": "Quill"}
DONATION = {"giftDate": "2026-03-04", "amount": "25.00", "contact.referenceId": "d-7"}
SHIFT = {"contact": "u-7", "opportunity": "p-3", "hours": "3.5", "startDateTimeUtc": "2026-03-04T10:00:00Z"}


# One record stops the stream of a whole customer (an exception instead of a dead letter).
@pytest.mark.parametrize("amount", ["1e30", "9" * 30, "1E+999999"])
def test_a_sum_too_large_for_money_is_a_dead_letter(amount: str) -> None:
    assert change_of(GIFT, record({**DONATION, "amount": amount})).problem == (
        "amount is not a positive sum of at most two decimals"
    )


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "9999-12-31T23:00:00Z"])
def test_a_time_at_the_edge_of_the_calendar_is_a_dead_letter(start: str) -> None:
    """.NET writes 0001-01-01 for "no time"; hours after 9999-12-31 have no end."""
    assert change_of(ATTENDANCE, record({**SHIFT, "startDateTimeUtc": start})).writes is None


def test_a_year_of_twenty_digits_is_a_dead_letter() -> None:
    assert change_of(CONTACT, record({**PERSON, "birthYear": "9" * 20})).writes is None


def test_a_time_of_virtuous_at_the_edge_of_the_calendar_is_none() -> None:
    assert moment("0001-01-01T00:00:00+05:00") is None


# With exact tags a removal is lost when anything else of the person changes before it is sent.
@pytest.mark.parametrize("state", [State.WAITING, State.PLANNED, State.DEFERRED])
def test_tags_still_to_be_taken_away_survive_another_change_of_the_person(state: State) -> None:
    known = has(CONTACT, record(PERSON, tags=["VOMO: Leader"]))
    tags_changed = change_of(CONTACT, record(PERSON, tags=["VOMO: Member"]), known, EXACT)
    # The planner supersedes every open operation of the key, the waiting TAG too; SAVE may have been accepted or not.
    stands = but(known, tags_changed, state)
    written = writes_of(CONTACT, record({**PERSON, "phone": "555"}, tags=["VOMO: Member"]), stands, EXACT)
    assert [write.action for write in written] == [Action.SAVE, Action.TAG]


# With exact tags a person who comes back keeps the tag that says they were removed.
def test_a_person_who_comes_back_loses_the_tag_of_the_removed_where_tags_are_exact() -> None:
    sample = record(PERSON, tags=["VOMO: Leader"])
    deletion = gone(CONTACT, sample, has(CONTACT, sample), EXACT)
    assert deletion is not None
    tagged = Known({**prints(CONTACT, sample), **deletion.fingerprints}, {})
    written = writes_of(CONTACT, sample, tagged, EXACT)
    assert [write.action for write in written] == [Action.SAVE, Action.TAG]


# A gift's facts are compared by spelling.
@pytest.mark.parametrize(
    "change", [{"amount": "25"}, {"amount": "25.0"}, {"amount": " 25.00 "}, {"giftDate": "2026-03-04T00:00:00Z"}]
)
def test_the_same_gift_in_another_spelling_is_no_dead_letter(change: dict[str, str]) -> None:
    assert weighed(GIFT, record({**DONATION, **change}), has(GIFT, record(DONATION))) is None


def test_the_same_split_in_another_order_is_no_dead_letter() -> None:
    split = [{"code": "A", "amountDesignated": "20.00"}, {"code": "B", "amountDesignated": "5.00"}]
    known = has(GIFT, record(DONATION, designations=split))
    assert weighed(GIFT, record(DONATION, designations=split[::-1]), known) is None


# A blank in front of a reversal's date cuts its last digit off.
def test_a_blank_before_the_date_of_a_reversal_costs_no_digit() -> None:
    refunded = record({**DONATION, "reversal.giftDate": " 2026-02-20"})
    change = gone(GIFT, refunded, has(GIFT, record(DONATION)), REVERSING)
    assert change is not None
    assert change.writes is not None
    assert change.writes[0].payload["giftDate"] == "2026-02-20"


# A gift that comes back while its reversal is in doubt is sent again as if it were new.
def test_a_gift_that_comes_back_while_its_reversal_may_have_arrived_is_for_a_person() -> None:
    known = has(GIFT, record(DONATION))
    reversal = gone(GIFT, None, known, REVERSING)
    assert reversal is not None
    back = change_of(GIFT, record(DONATION), but(known, reversal, State.SENDING), REVERSING)
    assert back.writes is None


# A nought passes for "not known", and other spellings of a day for a day.
@pytest.mark.parametrize("name", ["birthMonth", "birthDay", "birthYear"])
def test_a_nought_is_no_part_of_a_birthday(name: str) -> None:
    assert CONTACT.problem(record({**PERSON, name: "0"})) is not None


@pytest.mark.parametrize("text", ["20260304", "2026-W10-1", "2026-03-04nonsense"])
def test_only_the_spelling_that_virtuous_documents_is_a_day(text: str) -> None:
    assert not is_day(text)


@pytest.mark.parametrize("amount", ["1_000", "1e2", "\u0663"])
def test_only_digits_are_money_because_the_text_itself_is_sent(amount: str) -> None:
    assert GIFT.problem(record({**DONATION, "amount": amount})) is not None


# A change set that the first release wrote and nobody planned.
def test_a_change_set_of_the_first_release_can_still_be_planned() -> None:
    row = {
        "_key": "k",
        "kind": "create",
        "reference": "r-1",
        "row_hash": "hash",
        "fingerprints": '{"core": "a", "birth_gender": "b", "tags": "c"}',
        "payload": '{"referenceId": "r-1"}',
        "problem": None,
        "is_acknowledged": None,
    }
    change = Change.from_row(row)
    assert change.writes is not None
    assert (change.writes[0].action, change.writes[0].payload) == (Action.SAVE, {"referenceId": "r-1"})
    assert set(change.writes[0].groups) == {"core", "birth_gender", "tags"}
