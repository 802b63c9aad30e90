"""A customer that fails night after night is left alone until a person has looked."""

from datetime import timedelta

import pytest

from sync_pipeline.cli.status_documents import status_entry, status_exit_code
from sync_pipeline_tests.end_to_end.deployment import BATCH, CUSTOMER, USERS, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

DEAD = {"side": "vomo", "path": "/vomo/v1/users", "kind": "status_before", "status": 404}


@pytest.fixture
def given_up(deployment_on: Deployment) -> Deployment:
    """After three nights on which the source had nothing but errors."""
    deployment_on.world.add_fault(**DEAD)
    for _ in range(3):
        assert deployment_on.night().code == 1
    return deployment_on


def test_the_fourth_night_asks_nobody_until_a_person_has_looked(given_up: Deployment) -> None:
    deployment = given_up
    deployment.world.clear_faults()
    asked = (deployment.books()["requests"], deployment.books(VOMO)["requests"][USERS])
    for _ in range(2):  # the second of them is later than the day of the pause
        night = deployment.night()
        assert (night.code, night.report.status) == (4, "paused")
        assert "3 runs in a row failed" in night.report.stage_failures[0]["message"]
        assert "customers resume" in night.report.stage_failures[0]["remedy"]
    assert (deployment.books()["requests"], deployment.books(VOMO)["requests"][USERS]) == asked
    deployment.workplace.state.breakers.resume(CUSTOMER, "the source is back", "ada")
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_status_tells_who_is_paused_since_when_and_why(given_up: Deployment) -> None:
    entry = status_entry(given_up.workplace, given_up.customer)
    assert entry["breaker"] == {
        "consecutive_failures": 3,
        "paused": True,
        "reason": "3 runs in a row failed",
        "needs_person": True,
    }
    paused_until = given_up.workplace.state.breakers.breaker(CUSTOMER).paused_until
    assert paused_until is not None
    assert abs(paused_until - given_up.clock.now()) < timedelta(minutes=1)  # a day after the third failure
    assert status_exit_code(entry) == 4


def test_who_is_paused_at_work_sends_nothing_more(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    breakers, sleep = deployment.workplace.state.breakers, deployment.clock.sleep
    deployment.configure(destination={"batch": {"max": 5}})
    deployment.world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=5, times=1)

    async def paused_meanwhile(seconds: float) -> None:
        breakers.pause(CUSTOMER, "incident 17: the key was published", "ada")
        await sleep(seconds)

    with monkeypatch.context() as patch:
        patch.setattr(deployment.clock, "sleep", paused_meanwhile)
        night = deployment.night()
    assert (night.code, night.report.status, night.report.successes) == (4, "paused", 15)
    assert "incident 17" in night.report.stage_failures[0]["message"]
    assert deployment.books()["requests"][BATCH] == 4  # those of the first round
    breakers.resume(CUSTOMER, "a new key", "ada")
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_who_wants_it_is_tried_once_more_after_the_pause(deployment: Deployment) -> None:
    deployment.configure(limits={"breaker": {"half_open": True, "failures": 2, "pause_hours": 36}})
    deployment.world.add_fault(**DEAD)
    codes = [deployment.night().code for _ in range(5)]
    assert codes == [1, 1, 4, 1, 4]
    deployment.world.clear_faults()
    assert deployment.night().code == 0
    assert deployment.workplace.state.breakers.breaker(CUSTOMER).consecutive_failures == 0


def test_a_run_most_of_whose_changes_are_refused_counts_as_failed(deployment: Deployment) -> None:
    everybody = {"side": "virtuous", "path": "/api/Contact", "kind": "status_before", "status": 422}
    deployment.world.add_fault(**everybody)
    night = deployment.night()
    assert (night.report.status, night.report.failures) == ("done", 40)
    assert deployment.workplace.state.breakers.breaker(CUSTOMER).consecutive_failures == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "rate_limited", "retry_after": 7200},
        {"kind": "status_before", "status": 500},
    ],
    ids=["parked", "deferred"],
)
def test_what_is_parked_or_deferred_is_no_failure(deployment: Deployment, trouble: dict[str, object]) -> None:
    deployment.world.add_fault(side="virtuous", path="/api/Contact", **trouble)
    assert deployment.night().code == 3
    assert deployment.workplace.state.breakers.breaker(CUSTOMER).consecutive_failures == 0
