"""One writer per customer, from the first stage of a slice to its last."""

from datetime import timedelta

import pytest

from sync_pipeline.adapters.process import this_process
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered


def test_a_slice_that_lost_its_lease_sends_nothing_more(deployment_on: Deployment) -> None:
    leases = deployment_on.workplace.state.leases

    def freeze_while_another_process_takes_over() -> None:
        deployment_on.clock.advance(minutes=1)
        assert leases.acquire(CUSTOMER, this_process()) is not None

    with pytest.raises(BusyError):
        deployment_on.night(before_sending=freeze_while_another_process_takes_over)
    assert deployment_on.writes() == 0
    assert deployment_on.ledger() == {}


def test_nobody_comes_between_two_stages_of_a_slice(deployment_on: Deployment) -> None:
    settings, customer = deployment_on.workplace.settings, deployment_on.customer
    mine, other = Workplace(settings), Workplace(settings)
    my_run, other_run = (new_run(workplace, customer, None) for workplace in (mine, other))
    try:
        with mine.stage(customer, my_run, "mine"):
            pass
        with pytest.raises(BusyError), other.stage(customer, other_run, "other"):
            pass
        with mine.stage(customer, my_run, "mine"):
            pass
        mine.close()
        with other.stage(customer, other_run, "other"):
            pass
    finally:
        mine.close()
        other.close()


def leave_in_doubt(deployment: Deployment) -> None:
    """Another host's process sent a change, got no answer, and let its lease expire."""
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0131")
    deployment.world.add_fault(side="virtuous", path="/api/Contact", kind="cut_after")
    deployment.slice_of_night()
    deployment.world.clear_faults()
    assert deployment.ledger()["sending"] == 1
    leases = deployment.workplace.state.leases
    assert leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    deployment.clock.advance(seconds=31)


def test_doubt_is_judged_only_when_nothing_of_the_last_holder_can_arrive_any_more(deployment_on: Deployment) -> None:
    leave_in_doubt(deployment_on)
    writes, now = deployment_on.writes(), deployment_on.clock.now()
    parked = deployment_on.slice_of_night()
    assert (parked.code, parked.report.status, deployment_on.writes()) == (3, "parked", writes)
    assert parked.report.resume_at is not None
    assert abs(parked.report.resume_at - now - timedelta(seconds=20 + 120)) < timedelta(seconds=5)

    deployment_on.clock.advance(seconds=30)
    by_hand = deployment_on.slice_of_night()  # somebody does not wait
    assert (by_hand.report.status, by_hand.report.resume_at) == ("parked", parked.report.resume_at)
    assert deployment_on.writes() == writes

    deployment_on.clock.advance(seconds=120)
    done = deployment_on.slice_of_night()
    assert (done.code, done.report.carried) == (0, 1)
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_a_clock_that_is_set_back_makes_nobody_wait_for_hours(deployment: Deployment) -> None:
    leave_in_doubt(deployment)
    assert deployment.slice_of_night().report.status == "parked"
    deployment.clock.advance(hours=-5)
    parked = deployment.slice_of_night()
    assert parked.report.resume_at is not None
    assert parked.report.resume_at - deployment.clock.now() <= timedelta(seconds=20 + 120)


def test_a_takeover_without_doubt_waits_for_nothing(deployment: Deployment) -> None:
    deployment.night()
    assert deployment.workplace.state.leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    deployment.clock.advance(seconds=31)
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0131")
    assert deployment.slice_of_night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
