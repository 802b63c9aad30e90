"""Gifts are confirmed once they show the transaction they were made of."""

import pytest

from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, Deployment
from sync_pipeline_tests.end_to_end.kinds import GIVING, assert_gifts_delivered, morning

LOOK_UP = "GET /api/Gift/{transactionSource}/{transactionId}"


@pytest.fixture
def gifts_only(kinds_on: Deployment) -> Deployment:
    kinds_on.configure(streams=dict.fromkeys(("users", "projects", "participations", "completions")))
    kinds_on.night()
    return kinds_on


def test_gifts_that_show_are_confirmed_in_two_questions(gifts_only: Deployment) -> None:
    morning(gifts_only)
    night = gifts_only.reconciliation()
    gifts = len(gifts_only.world.gifts(VIRTUOUS))
    assert (night.code, night.report.reconciliation["confirmed"], gifts_only.ledger()) == (
        0,
        gifts,
        {"confirmed": gifts},
    )
    assert LOOK_UP not in night.report.requests
    assert night.report.requests["POST /api/Gift/Query/FullGift"] == 1
    assert_gifts_delivered(gifts_only, frozenset())


def test_held_gifts_are_reviews_by_age_and_come_back_by_themselves(gifts_only: Deployment) -> None:
    first = gifts_only.reconciliation()
    gifts = first.report.reconciliation["unconfirmed"]
    assert (first.code, gifts > 10) == (0, True)
    gifts_only.clock.advance(hours=72)
    late = gifts_only.reconciliation()
    assert (late.code, late.report.reconciliation["reviewed"] > 10) == (5, True)
    morning(gifts_only)
    done = gifts_only.reconciliation()
    assert (done.code, gifts_only.ledger()) == (0, {"confirmed": gifts})


def test_a_gift_with_another_amount_is_for_a_person(gifts_only: Deployment) -> None:
    morning(gifts_only)
    with gifts_only.world.lock:
        gift = next(iter(gifts_only.world.virtuous[VIRTUOUS].gifts.gifts.values()))
        gift.row["amount"] = "0.17"
    night = gifts_only.reconciliation()
    assert (night.code, night.report.reconciliation["reviewed"]) == (5, 1)
    assert night.report.reconciliation["drift"]["ours"] == {"amount": 1}
    assert "0.17" not in str(night.report.reconciliation)
    assert GIVING not in str(night.report.reconciliation)
