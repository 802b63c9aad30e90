"""Gifts: designations that add up, one write in a gift's life, and reversals."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_pipeline.domain.change import Action, ChangeKind, Write
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.records import KINDS, Known
from sync_pipeline_tests.domain.records.support import (
    RULES,
    Fields,
    but,
    change_of,
    gone,
    has,
    prints,
    record,
    weighed,
    writes_of,
)

GIFT = KINDS["gift"]
DONATION = {"giftDate": "2026-03-04", "giftType": "Credit", "amount": "25.00", "contact.referenceId": "d-7"}
REVERSING = replace(RULES, on_delete="reverse")
CENTS = st.integers(1, 10**9)
FUND = {"code": "GEN", "amountDesignated": "25.00"}


ODD_SUMS = ("1e2", "1e30", "1E+999999", "9" * 30, "1_000", "\u0663")
"""Numbers to Python, but the text itself is sent; and some are too large to compute with."""


def money(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


def split(parts: Sequence[int]) -> list[Fields]:
    return [{"code": f"F{number}", "amountDesignated": money(part)} for number, part in enumerate(parts)]


class TestBody:
    def test_a_gift_has_the_documented_body_with_its_donor_inside(self) -> None:
        fields = {
            **DONATION,
            "currencyCode": "USD",
            "frequency": "OneTime",
            "isPrivate": "true",
            "exchangeRate": "1.25",
            "nonCashGiftTypeId": "4",
            "notes": " thank you ",
            "checkNumber": "",
            "customFields.Appeal": "Spring",
            "contact.firstname": "Adelaide",
            "contact.lastname": "Quill",
            "contact.email": "adelaide@example.org",
            "contact.id": "12",
            "contact.emailLists": "News; Prayer ;",
            "contact.address1": "1 Elm Street",
            "contact.postal": "01234",
            "reversal.notes": "Refunded",
        }
        body = {
            "transactionId": "r-1",
            "giftDate": "2026-03-04",
            "giftType": "Credit",
            "amount": "25.00",
            "currencyCode": "USD",
            "frequency": "OneTime",
            "isPrivate": True,
            "exchangeRate": 1.25,
            "nonCashGiftTypeId": 4,
            "notes": "thank you",
            "contact": {
                "referenceId": "d-7",
                "id": 12,
                "firstname": "Adelaide",
                "lastname": "Quill",
                "email": "adelaide@example.org",
                "emailLists": ["News", "Prayer"],
                "address": {"address1": "1 Elm Street", "postal": "01234"},
                "tags": "Giving: Donor",
            },
            "designations": [FUND],
            "customFields": {"Appeal": "Spring"},
        }
        one = record(fields, tags=["Giving: Donor"], designations=[{**FUND, "id": None, "name": ""}])
        assert writes_of(GIFT, one) == (Write(Action.SAVE, body, ("core", "details")),)

    @pytest.mark.parametrize(
        ("fields", "designations"),
        [
            ({}, []),
            ({"designation.code": "GEN"}, [FUND]),
            ({"designation.code": "GEN", "designation.amountDesignated": "25"}, [{**FUND, "amountDesignated": "25"}]),
        ],
    )
    def test_without_a_list_one_designation_takes_the_whole_amount(
        self, fields: Fields, designations: list[Fields]
    ) -> None:
        (write,) = writes_of(GIFT, record({**DONATION, **fields}))
        assert write.payload["designations"] == designations

    def test_an_empty_list_is_a_gift_without_a_split(self) -> None:
        (write,) = writes_of(GIFT, record({**DONATION, "designation.code": "GEN"}, designations=[]))
        assert write.payload["designations"] == []


class TestProblems:
    @pytest.mark.parametrize(
        "amount", [None, "", "0", "0.00", "-25", "25.005", "a mite", "NaN", "Infinity", "$25", *ODD_SUMS]
    )
    def test_an_amount_is_a_positive_sum_of_at_most_two_decimals(self, amount: str | None) -> None:
        change = change_of(GIFT, record({**DONATION, "amount": amount}))
        assert (change.writes, change.problem) == (None, "amount is not a positive sum of at most two decimals")

    @pytest.mark.parametrize("amount", ["25", "25.5", "25.50", " 0.01 ", "999999999999.99"])
    def test_amounts_that_virtuous_takes(self, amount: str) -> None:
        assert GIFT.problem(record({**DONATION, "amount": amount})) is None

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"giftDate": None}, "giftDate is not a date"),
            ({"giftDate": "Candlemas"}, "giftDate is not a date"),
            ({"giftDate": "2026-02-30"}, "giftDate is not a date"),
            ({"giftDate": "03/04/2026"}, "giftDate is not a date"),
            ({"giftDate": "20260304"}, "giftDate is not a date"),
            ({"giftDate": "2026-W10-1"}, "giftDate is not a date"),
            ({"giftDate": "2026-03-04nonsense"}, "giftDate is not a date"),
            ({"receiptDate": "Candlemas"}, "receiptDate is not a date"),
            ({"cancelDate": "Candlemas"}, "cancelDate is not a date"),
            ({"reversal.giftDate": "Candlemas"}, "reversal.giftDate is not a date"),
            (
                {"contact.referenceId": " "},
                "the gift names no donor: contact.referenceId, contact.email and contact.lastname are empty",
            ),
        ],
    )
    def test_what_is_wrong_is_told_by_the_name_of_the_field(self, change: Fields, problem: str) -> None:
        found = change_of(GIFT, record({**DONATION, **change}))
        assert (found.writes, found.problem) == (None, problem)

    @pytest.mark.parametrize("name", ["referenceId", "id", "email", "name", "lastname"])
    def test_anything_that_tells_the_donor_is_enough(self, name: str) -> None:
        fields = {**DONATION, "contact.referenceId": None, f"contact.{name}": "12"}
        assert GIFT.problem(record(fields)) is None

    @pytest.mark.parametrize(
        ("designations", "problem"),
        [
            ([{"code": "GEN"}], "an amount of a designation is not a sum of at most two decimals"),
            ([{**FUND, "amountDesignated": "half"}], "an amount of a designation is not a sum of at most two decimals"),
            ([{**FUND, "amountDesignated": "24.99"}], "the designations do not add up to the amount"),
            ([{"amountDesignated": "25", "code": " "}], "a designation names no project: id, code and name are empty"),
        ],
    )
    def test_what_is_wrong_with_designations_is_told_without_values(
        self, designations: list[Fields], problem: str
    ) -> None:
        found = change_of(GIFT, record(DONATION, designations=designations))
        assert (found.writes, found.problem) == (None, problem)

    @settings(deadline=None)
    @given(parts=st.lists(CENTS, min_size=1, max_size=6))
    def test_designations_that_add_up_to_the_cent_pass(self, parts: list[int]) -> None:
        """Ten times 0.10 is 1.00, which floats would deny."""
        one = record({**DONATION, "amount": money(sum(parts))}, designations=split(parts))
        assert GIFT.problem(one) is None

    @settings(deadline=None)
    @given(parts=st.lists(CENTS, min_size=1, max_size=6), off=st.sampled_from([-1, 1]))
    def test_designations_that_are_off_by_a_cent_are_refused(self, parts: list[int], off: int) -> None:
        one = record({**DONATION, "amount": money(sum(parts) + off)}, designations=split(parts))
        assert GIFT.problem(one) is not None


class TestComparison:
    """Virtuous takes a transaction id once; what it has can only be corrected by a person."""

    @pytest.mark.parametrize(
        "change",
        [{"notes": "thank you"}, {"contact.email": "new@example.org"}, {"isPrivate": "true"}, {"batch": "B-2"}],
    )
    def test_details_that_differ_from_a_gift_that_virtuous_has_are_no_change(self, change: Fields) -> None:
        assert weighed(GIFT, record({**DONATION, **change}), has(GIFT, record(DONATION))) is None

    def test_tags_of_the_donor_are_details(self) -> None:
        assert weighed(GIFT, record(DONATION, tags=["new"]), has(GIFT, record(DONATION))) is None

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": "26.00"},
            {"giftDate": "2026-03-05"},
            {"giftType": "Check"},
            {"currencyCode": "EUR"},
            {"contact.referenceId": "d-8"},
            {"designation.code": "GEN"},
        ],
    )
    def test_facts_that_differ_become_a_dead_letter_that_tells_the_remedy(self, change: Fields) -> None:
        found = change_of(GIFT, record({**DONATION, **change}), has(GIFT, record(DONATION)))
        assert (found.kind, found.writes) == (ChangeKind.UPDATE, None)
        assert found.problem == (
            "Virtuous has this gift and takes no change of it: correct it there by hand (or take it back at the "
            "source), then discard this"
        )

    def test_another_split_is_another_fact(self) -> None:
        known = has(GIFT, record(DONATION, designations=split([2000, 500])))
        found = change_of(GIFT, record(DONATION, designations=split([1500, 1000])), known)
        assert found.writes is None

    @pytest.mark.parametrize(
        "change", [{"amount": "25"}, {"amount": "25.0"}, {"amount": " 25.00 "}, {"giftDate": "2026-03-04T00:00:00Z"}]
    )
    def test_the_same_facts_in_another_spelling_are_no_change(self, change: Fields) -> None:
        """One release of the platform would make a dead letter of every gift."""
        assert weighed(GIFT, record({**DONATION, **change}), has(GIFT, record(DONATION))) is None

    def test_the_same_split_in_another_order_or_spelling_is_no_change(self) -> None:
        known = has(GIFT, record(DONATION, designations=split([2000, 500])))
        other = [{"amountDesignated": "5", "code": "F1"}, {"code": " F0 ", "amountDesignated": "20.0"}]
        assert weighed(GIFT, record(DONATION, designations=other), known) is None

    def test_before_virtuous_has_it_everything_may_still_change(self) -> None:
        planned = change_of(GIFT, record(DONATION))
        known = but(Known({}, {}), planned, State.PLANNED)
        assert weighed(GIFT, record(DONATION), known) is None
        newer = change_of(GIFT, record({**DONATION, "amount": "26.00", "notes": "thank you"}), known)
        assert (newer.kind, newer.problem, newer.is_acknowledged) == (ChangeKind.CREATE, None, False)
        assert change_of(GIFT, record({**DONATION, "notes": "thank you"}), known).problem is None

    def test_the_dead_letter_is_not_made_again_every_night(self) -> None:
        known = has(GIFT, record(DONATION))
        changed = record({**DONATION, "amount": "26.00"})
        dead = change_of(GIFT, changed, known)
        assert weighed(GIFT, changed, but(known, dead, State.DEAD)) is None

    def test_the_way_back_takes_the_dead_letter_away_and_sends_nothing(self) -> None:
        """A → B → A: Virtuous has A, so whoever plans this only ends B."""
        known = has(GIFT, record(DONATION))
        dead = change_of(GIFT, record({**DONATION, "amount": "26.00"}), known)
        back = change_of(GIFT, record(DONATION), but(known, dead, State.DEAD))
        assert (back.is_acknowledged, back.problem) == (True, None)

    def test_a_discarded_change_needs_no_way_back(self) -> None:
        known = has(GIFT, record(DONATION))
        dead = change_of(GIFT, record({**DONATION, "amount": "26.00"}), known)
        assert weighed(GIFT, record(DONATION), but(known, dead, State.DISCARDED)) is None

    def test_what_says_nothing_makes_no_difference(self) -> None:
        assert prints(GIFT, record({**DONATION, "notes": None, "currencyCode": " "})) == prints(GIFT, record(DONATION))


class TestReversal:
    def test_a_gift_that_is_gone_is_reversed_today(self) -> None:
        change = gone(GIFT, None, has(GIFT, record(DONATION)), REVERSING)
        assert change is not None
        payload = {"giftDate": "2026-03-01", "notes": "The source took this gift back."}
        assert change.writes == (Write(Action.REVERSE, payload, ("core",)),)

    def test_the_source_says_when_and_why(self) -> None:
        refunded = record({**DONATION, "reversal.giftDate": "2026-02-20T09:30:00Z", "reversal.notes": "Refunded"})
        change = gone(GIFT, refunded, has(GIFT, record(DONATION)), REVERSING)
        assert change is not None
        assert change.writes is not None
        assert change.writes[0].payload == {"giftDate": "2026-02-20", "notes": "Refunded"}

    def test_a_blank_before_the_date_costs_no_digit(self) -> None:
        change = gone(GIFT, record({"reversal.giftDate": " 2026-02-20"}), has(GIFT, record(DONATION)), REVERSING)
        assert change is not None
        assert change.writes is not None
        assert change.writes[0].payload["giftDate"] == "2026-02-20"

    def test_what_is_said_about_a_refund_is_no_part_of_the_gift(self) -> None:
        refund = {"reversal.giftDate": "2026-02-20", "reversal.notes": "Refunded"}
        assert prints(GIFT, record({**DONATION, **refund})) == prints(GIFT, record(DONATION))

    def test_it_is_reversed_exactly_once(self) -> None:
        known = has(GIFT, record(DONATION))
        change = gone(GIFT, None, known, REVERSING)
        assert change is not None
        assert gone(GIFT, None, but(known, change, State.WAITING), REVERSING) is None
        assert gone(GIFT, None, Known({**known.acknowledged, **change.fingerprints}, {}), REVERSING) is None

    def test_a_gift_that_comes_back_after_its_reversal_is_for_a_person(self) -> None:
        """Its transaction id is used up: sent again, it would be taken for the old gift or refused."""
        known = has(GIFT, record(DONATION))
        change = gone(GIFT, None, known, REVERSING)
        assert change is not None
        reversed_ = Known({**known.acknowledged, **change.fingerprints}, {})
        back = change_of(GIFT, record(DONATION), reversed_, REVERSING)
        assert back.writes is None
        assert "by hand" in (back.problem or "")

    @pytest.mark.parametrize("state", [State.SENDING, State.REVIEW])
    def test_a_gift_that_comes_back_while_its_reversal_may_have_arrived_is_for_a_person(self, state: State) -> None:
        known = has(GIFT, record(DONATION))
        reversal = gone(GIFT, None, known, REVERSING)
        assert reversal is not None
        assert change_of(GIFT, record(DONATION), but(known, reversal, state), REVERSING).writes is None

    @pytest.mark.parametrize("state", [State.PLANNED, State.WAITING, State.DEFERRED, State.DEAD])
    def test_a_reversal_that_cannot_have_arrived_is_taken_back(self, state: State) -> None:
        known = has(GIFT, record(DONATION))
        reversal = gone(GIFT, None, known, REVERSING)
        assert reversal is not None
        back = change_of(GIFT, record(DONATION), but(known, reversal, state), REVERSING)
        assert (back.is_acknowledged, back.problem) == (True, None)

    def test_the_policies_of_deletion_and_what_a_recipe_may_fill(self) -> None:
        assert GIFT.deletions == ("reverse", "ignore")
        assert GIFT.takes_tags
        assert GIFT.takes_designations
        assert GIFT.accepts_field("customFields.Appeal")
        assert not GIFT.accepts_field("contact.firstName")  # the donor's name keys are all lower case
