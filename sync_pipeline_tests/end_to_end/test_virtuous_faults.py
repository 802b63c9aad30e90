"""Virtuous in trouble while changes are delivered: no change is lost, none is a dead letter for it."""

import threading
from typing import Any

import pytest

from sync_pipeline_tests.end_to_end.deployment import BATCH, PATIENCE_SECONDS, SINGLE, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

CONTACT = "/api/Contact"
SMALL_BATCHES = {"batch": {"max": 10}}
PASSING = [
    ({"kind": "cut_after"}, 10),
    ({"kind": "cut_before"}, 0),
    ({"kind": "status_after", "status": 500}, 10),
    ({"kind": "status_before", "status": 500}, 0),
    ({"kind": "status_before", "status": 502}, 0),
    ({"kind": "status_before", "status": 408}, 0),
    ({"kind": "status_before", "status": 503}, 0),
]


@pytest.mark.parametrize(("fault", "repeats"), PASSING)
def test_a_request_without_an_answer_is_repeated_and_its_effect_happens_once(
    deployment: Deployment, fault: dict[str, Any], repeats: int
) -> None:
    deployment.configure(destination=SMALL_BATCHES)
    deployment.world.add_fault(side="virtuous", path=CONTACT, every=2, times=1, **fault)
    night = deployment.night()
    assert (night.code, night.report.successes, night.report.failures) == (0, 40, 0)
    books = deployment.books()
    assert (books["repeats"], books["out_of_order"]) == (repeats, 0)
    assert books["requests"][BATCH] == night.report.requests[BATCH] == 5
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_faults_of_every_kind_on_one_night_lose_nothing(deployment_on: Deployment) -> None:
    deployment_on.configure(destination=SMALL_BATCHES)
    for position, (fault, _) in enumerate(PASSING):
        deployment_on.world.add_fault(side="virtuous", path=CONTACT, probability=0.15, seed=position, **fault)
    for day in range(3):
        for user_id in range(1, 41, 2):
            deployment_on.world.edit_vomo_user(VOMO, user_id, phone=f"(555) 5{day}5-01{user_id:02}")
        deployment_on.night()
    deployment_on.world.clear_faults()
    night = deployment_on.night()
    assert (night.code, night.report.failures) == (0, 0)
    assert set(deployment_on.ledger()) <= {"accepted", "superseded"}
    assert deployment_on.books()["out_of_order"] == 0
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_an_effect_after_we_gave_up_on_the_answer_is_no_second_one(deployment: Deployment) -> None:
    deployment.configure(destination=SMALL_BATCHES)
    late_ms = 1000 * PATIENCE_SECONDS + 100
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="latency", delay_ms=late_ms, every=2, times=1)
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, 40)
    while sum(deployment.books()["answers"].values()) < sum(deployment.books()["requests"].values()):
        threading.Event().wait(0.02)  # the sandbox is still at work on the request that nobody waits for any more
    assert (deployment.books()["repeats"], deployment.books()["out_of_order"]) == (10, 0)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_change_that_came_while_its_record_was_in_doubt_goes_after_it(deployment: Deployment) -> None:
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0131")
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="cut_after")
    doubtful = deployment.night()
    assert (doubtful.code, doubtful.report.pending, deployment.ledger()["sending"]) == (3, 1, 1)
    deployment.world.clear_faults()
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0132")
    night = deployment.night()
    assert (night.code, night.report.successes, night.report.carried) == (0, 1, 1)
    assert deployment.books()["out_of_order"] == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_newer_value_waits_until_an_older_request_can_no_longer_arrive(deployment_on: Deployment) -> None:
    deployment_on.night()
    deployment_on.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0131")
    deployment_on.world.add_fault(side="virtuous", path=CONTACT, kind="cut_after")
    deployment_on.slice_of_night()
    deployment_on.world.clear_faults()
    deployment_on.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0132")
    deployment_on.world.edit_vomo_user(VOMO, 4, phone="(555) 555-0133")
    deployment_on.clock.slept.clear()
    night = deployment_on.slice_of_night()
    assert (night.code, night.report.carried, night.report.successes) == (0, 1, 2)
    [waited] = deployment_on.clock.slept
    assert 1 < waited < 30
    assert deployment_on.books()["requests"][SINGLE] >= 3  # the old value again, user 4 meanwhile, then the new value
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_a_value_taken_back_while_it_was_in_doubt_is_overwritten(deployment: Deployment) -> None:
    phone = deployment.world.vomo_users(VOMO)[2]["phone"]
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0131")
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="cut_after")
    deployment.night()
    deployment.world.clear_faults()
    deployment.world.edit_vomo_user(VOMO, 3, phone=phone)
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_value_taken_back_before_it_was_sent_is_never_sent(deployment: Deployment) -> None:
    phone = deployment.world.vomo_users(VOMO)[2]["phone"]
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0131")
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="rate_limited", retry_after=3600)
    assert deployment.night().report.status == "parked"
    deployment.world.clear_faults()
    rows = deployment.books()["rows_received"]
    deployment.world.edit_vomo_user(VOMO, 3, phone=phone)
    night = deployment.night()
    assert (night.code, night.report.superseded) == (0, 1)
    assert deployment.books()["rows_received"] == rows
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_batches_that_are_too_large_shrink_until_they_are_taken(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, batch_max=8)
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, 40)
    assert deployment.books()["requests"][BATCH] <= 1 + 2 + 4 + 8
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_batches_that_get_no_answer_shrink_until_they_are_taken(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 20}})
    deployment.world.change_organization(VIRTUOUS, batch_times_out_above=6)
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, 40)
    assert deployment.books()["requests"][BATCH] <= 20
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_an_hour_of_errors_leaves_everything_for_the_next_night(deployment: Deployment) -> None:
    deployment.configure(destination=SMALL_BATCHES)
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="status_before", status=500)
    night = deployment.night()
    assert (night.code, night.report.failures, night.report.successes) == (3, 0, 0)
    assert deployment.writes() < 20
    deployment.world.clear_faults()
    again = deployment.night()
    assert (again.code, again.report.carried) == (0, 40)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize("status", [404, 405, 410])
def test_an_endpoint_that_is_not_there_blames_no_row(deployment: Deployment, status: int) -> None:
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="status_before", status=status)
    night = deployment.night()
    assert (night.code, night.report.failures, deployment.ledger()) == (1, 0, {"deferred": 40})
    (failure,) = night.report.stage_failures
    assert f"Virtuous has no {BATCH}" in failure["message"]
    assert "`destination.base_url`" in failure["remedy"]
    assert deployment.writes() <= 5
    deployment.world.clear_faults()
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_row_that_makes_virtuous_fail_does_not_hold_the_others_back(deployment: Deployment) -> None:
    """Here every batch makes it fail: the worst case of one bad row in each."""
    deployment.configure(destination={"batch": {"max": 8}})
    deployment.world.add_fault(side="virtuous", path="/api/Contact/Batch", kind="status_before", status=500)
    nights = 0
    while deployment.night().code:
        nights += 1
        assert nights < 10
    assert deployment.books()["requests"][SINGLE] == 40
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_page_of_somebody_in_between_is_no_answer(deployment: Deployment) -> None:
    """A 200 with a maintenance page says nothing about the rows, whatever became of them."""
    deployment.world.add_fault(side="virtuous", kind="malformed", path="/api/Contact", times=1)
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, len(deployment.world.vomo_users(VOMO)))
