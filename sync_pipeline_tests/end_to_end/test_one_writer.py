"""One writer per customer, from the first stage of a slice to its last."""

import pytest

from sync_pipeline.adapters.process import this_process
from sync_pipeline.domain.errors import BusyError
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, Deployment


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
