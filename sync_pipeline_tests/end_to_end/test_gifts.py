"""Donations become gifts once, refunds take them back once, and what cannot be changed in Virtuous goes to a person."""

from typing import Any

import pytest

from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.kinds import (
    GIFT,
    GIFTS,
    GIVING,
    REVERSAL,
    assert_gifts_delivered,
    assert_nothing_twice,
    morning,
)

TRANSACTIONS, REVERSALS = "/api/v2/Gift", "/api/Gift/ReversingTransaction"
NOBODY: frozenset[str] = frozenset()


def only_gifts(deployment: Deployment, **destination: Any) -> Deployment:
    """Leave the other streams out: their waiting would only make the numbers longer."""
    others = dict.fromkeys(("projects", "participations", "completions"))
    deployment.configure(streams=others, destination=destination)
    return deployment


def reversals(deployment: Deployment) -> list[dict[str, Any]]:
    return [gift for gift in deployment.world.gifts(VIRTUOUS) if gift["reversedGiftId"]]


def test_donations_become_gifts_with_their_donors_and_designations(kinds: Deployment) -> None:
    only_gifts(kinds).night()
    morning(kinds)
    assert_gifts_delivered(kinds, NOBODY)
    donations = {one["id"]: one for one in kinds.world.giving_donations(GIVING)}
    for gift in kinds.world.gifts(VIRTUOUS):
        donation = donations[gift["transactionId"]]
        split = {one["fund_code"]: one["amount"] for one in donation["allocations"]}
        assert {one["code"]: one["amountDesignated"] for one in gift["designations"]} == split
        assert gift["contactId"] == kinds.world.contact_ids(VIRTUOUS)[f"Giving/{donation['donor']['id']}"]
    assert_nothing_twice(kinds)


def test_a_refund_takes_its_gift_back_once_on_the_day_the_source_says(kinds: Deployment) -> None:
    only_gifts(kinds).night()
    morning(kinds)
    kinds.night()
    refunded = frozenset(kinds.world.change_giving(GIVING, refund=2, seed=3)["refunded"])
    night = kinds.night()
    assert (night.code, night.report.deletes, night.report.successes, night.report.requests[REVERSAL]) == (0, 2, 2, 2)
    donations = {one["id"]: one for one in kinds.world.giving_donations(GIVING)}
    gifts = {one["id"]: one["transactionId"] for one in kinds.world.gifts(VIRTUOUS)}
    for reversal in reversals(kinds):
        number = gifts[reversal["reversedGiftId"]]
        assert reversal["giftDate"][:10] == donations[number]["refunded_at"][:10]
        assert f"[sync:Giving/{number}]" in reversal["notes"]
    assert kinds.night().report.total_changes == 0
    assert_gifts_delivered(kinds, refunded)
    assert_nothing_twice(kinds)


def test_a_refund_before_the_import_waits_for_the_gift(kinds: Deployment) -> None:
    only_gifts(kinds).night()
    refunded = frozenset(kinds.world.change_giving(GIVING, refund=1, seed=3)["refunded"])
    night = kinds.night()
    assert (night.code, night.report.waiting, reversals(kinds)) == (3, 1, [])
    morning(kinds)
    assert (kinds.night().report.carried, len(reversals(kinds))) == (1, 1)
    assert_gifts_delivered(kinds, refunded)


def test_a_refund_of_a_gift_that_never_left_sends_neither(kinds: Deployment) -> None:
    only_gifts(kinds)
    kinds.world.add_fault(side="virtuous", kind="rate_limited", path=TRANSACTIONS, retry_after=3600)
    assert kinds.night().report.status == "parked"
    refunded = kinds.world.change_giving(GIVING, refund=1, seed=3)["refunded"][0]
    kinds.world.clear_faults()
    night = kinds.night()
    assert (night.code, night.report.superseded) == (0, 1)
    morning(kinds)
    assert refunded not in {gift["transactionId"] for gift in kinds.world.gifts(VIRTUOUS)}
    assert_gifts_delivered(kinds, NOBODY)


@pytest.mark.parametrize("answer", ["accepted", "refused"])
@pytest.mark.parametrize("fault", [{"kind": "cut_after"}, {"kind": "cut_before"}, {"kind": "status_after"}])
@pytest.mark.parametrize("rows", [1, pytest.param(7, marks=pytest.mark.fleet), 100])
def test_a_batch_without_an_answer_makes_no_second_gift_whatever_a_repeat_is_answered(
    kinds: Deployment, answer: str, fault: dict[str, Any], rows: int
) -> None:
    only_gifts(kinds, batch={"max": rows})
    kinds.world.change_organization(VIRTUOUS, repeated_gift=answer)
    kinds.world.add_fault(side="virtuous", path=TRANSACTIONS, times=2, **fault)
    night = kinds.night()
    assert (night.code, night.report.failures) == (0, 0)
    morning(kinds)
    assert_gifts_delivered(kinds, NOBODY)
    assert_nothing_twice(kinds)


def test_a_refused_repeat_of_a_whole_batch_costs_three_probes(kinds: Deployment) -> None:
    only_gifts(kinds)
    kinds.world.change_organization(VIRTUOUS, repeated_gift="refused")
    kinds.world.add_fault(side="virtuous", path=TRANSACTIONS, times=1, kind="cut_after")
    night = kinds.night()
    assert (night.report.requests[GIFTS], night.report.requests[GIFT]) == (2, 3)
    assert night.report.failures == 0


@pytest.mark.parametrize("fault", [{"kind": "cut_after"}, {"kind": "status_after"}, {"kind": "cut_before"}])
def test_a_reversal_without_an_answer_is_looked_for_before_it_is_sent_again(
    kinds: Deployment, fault: dict[str, Any]
) -> None:
    only_gifts(kinds).night()
    morning(kinds)
    refunded = frozenset(kinds.world.change_giving(GIVING, refund=2, seed=3)["refunded"])
    kinds.world.add_fault(side="virtuous", path=REVERSALS, every=2, times=1, **fault)
    kinds.night()
    kinds.world.clear_faults()
    assert kinds.night().code == 0
    assert_gifts_delivered(kinds, refunded)
    assert_nothing_twice(kinds)


def test_a_changed_amount_is_for_a_person_and_is_told_once(kinds: Deployment) -> None:
    only_gifts(kinds).night()
    morning(kinds)
    number = kinds.world.gifts(VIRTUOUS)[0]["transactionId"]
    (was,) = [one["amount"] for one in kinds.world.giving_donations(GIVING) if one["id"] == number]
    fund = [{"fund_code": "GEN", "fund_name": "General", "amount": "999.00"}]
    kinds.world.edit_giving(GIVING, "donations", number, amount="999.00", allocations=fund)
    night = kinds.night()
    assert (night.code, night.report.failures) == (5, 1)
    (detail,) = night.report.failure_details
    assert detail["key"] == number
    assert "correct it there by hand" in detail["reason"]
    writes = kinds.writes()
    again = kinds.night()
    assert (again.code, again.report.total_changes, kinds.writes()) == (5, 0, writes)
    fund = [{"fund_code": "GEN", "fund_name": "General", "amount": was}]
    kinds.world.edit_giving(GIVING, "donations", number, amount=was, allocations=fund)
    kinds.night()
    assert {gift["amount"] for gift in kinds.world.gifts(VIRTUOUS) if gift["transactionId"] == number} == {was}


def test_a_gift_that_comes_back_after_its_reversal_is_for_a_person(kinds: Deployment) -> None:
    only_gifts(kinds).night()
    morning(kinds)
    number = kinds.world.change_giving(GIVING, refund=1, seed=3)["refunded"][0]
    kinds.night()
    kinds.world.edit_giving(GIVING, "donations", number, status="succeeded", refunded_at=None)
    night = kinds.night()
    assert (night.code, night.report.failures) == (5, 1)
    morning(kinds)
    assert_nothing_twice(kinds)


def test_refunds_are_left_alone_where_the_customer_says_so(kinds: Deployment) -> None:
    only_gifts(kinds)
    kinds.configure(streams={"donations": {"on_delete": "ignore"}})
    kinds.night()
    morning(kinds)
    kinds.world.change_giving(GIVING, refund=2, seed=3)
    assert kinds.night().report.total_changes == 0
    assert reversals(kinds) == []


def test_one_bad_gift_in_a_batch_is_one_dead_letter(kinds: Deployment) -> None:
    """An unknown fund is refused by the organization, not by us."""
    donations = kinds.world.giving_donations(GIVING)
    codes = sorted({one["fund_code"] for donation in donations for one in donation["allocations"]})
    kinds.world.change_organization(VIRTUOUS, project_codes=codes)
    number = next(one["id"] for one in donations if one["status"] == "succeeded")
    (amount,) = [one["amount"] for one in donations if one["id"] == number]
    wrong = [{"fund_code": "NOPE", "fund_name": "Nope", "amount": amount}]
    kinds.world.edit_giving(GIVING, "donations", number, allocations=wrong)
    night = only_gifts(kinds).night()
    assert (night.code, night.report.failures, night.report.failure_details[0]["key"]) == (5, 1, number)
    morning(kinds)
    delivered = {gift["transactionId"] for gift in kinds.world.gifts(VIRTUOUS)}
    assert delivered == {one["id"] for one in donations if one["status"] == "succeeded"} - {number}
    right = [{"fund_code": codes[0], "fund_name": codes[0], "amount": amount}]
    kinds.world.edit_giving(GIVING, "donations", number, allocations=right)
    assert kinds.night().code == 0
    morning(kinds)
    assert_gifts_delivered(kinds, NOBODY)


def bad_gift(deployment: Deployment) -> str:
    """One donation to a fund that the organization does not have: refused, however often it is sent."""
    donations = deployment.world.giving_donations(GIVING)
    codes = sorted({one["fund_code"] for donation in donations for one in donation["allocations"]})
    deployment.world.change_organization(VIRTUOUS, project_codes=codes)
    bad = next(one for one in donations if one["status"] == "succeeded")
    wrong = [{"fund_code": "NOPE", "fund_name": "Nope", "amount": bad["amount"]}]
    deployment.world.edit_giving(GIVING, "donations", bad["id"], allocations=wrong)
    return bad["id"]


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_a_bad_gift_of_a_batch_without_an_answer_is_a_dead_letter_when_the_others_are_taken(
    kinds: Deployment, answer: str
) -> None:
    number = bad_gift(only_gifts(kinds))
    kinds.world.change_organization(VIRTUOUS, repeated_gift=answer)
    kinds.world.add_fault(side="virtuous", path=TRANSACTIONS, times=1, kind="cut_before")
    night = kinds.night()
    assert (night.code, night.report.failures, night.report.failure_details[0]["key"]) == (5, 1, number)
    morning(kinds)
    assert number not in {gift["transactionId"] for gift in kinds.world.gifts(VIRTUOUS)}
    assert len(kinds.world.gifts(VIRTUOUS)) == night.report.successes - len(kinds.world.vomo_users(VOMO))


def test_a_lone_gift_refused_after_a_lost_answer_goes_to_a_person_when_it_never_shows(kinds: Deployment) -> None:
    number = bad_gift(only_gifts(kinds, batch={"max": 1}))
    kinds.world.add_fault(side="virtuous", path=TRANSACTIONS, times=1, kind="cut_before")
    night = kinds.night()
    assert night.code == 0  # nobody can tell yet whether the refusal means that it is there
    (warning,) = night.report.warnings
    assert "refused them when they were sent again: 1." in warning
    morning(kinds)
    codes = [kinds.night().code for _ in range(4)]
    assert codes == [0, 0, 5, 5]  # three days are over
    (failure,) = kinds.workplace.state.standing_failures(CUSTOMER, 10)
    assert (failure["key"], failure["state"]) == (number, "review")
    assert "still does not show it" in failure["reason"]


def test_a_lone_gift_that_was_there_all_along_is_confirmed_when_it_shows(kinds: Deployment) -> None:
    only_gifts(kinds, batch={"max": 1})
    kinds.world.change_organization(VIRTUOUS, repeated_gift="refused")
    kinds.world.add_fault(side="virtuous", path=TRANSACTIONS, times=1, kind="cut_after")
    assert kinds.night().code == 0
    morning(kinds)
    codes = [kinds.night().code for _ in range(4)]
    assert (codes, kinds.ledger()["confirmed"]) == ([0] * 4, 1)
    assert_gifts_delivered(kinds, NOBODY)
