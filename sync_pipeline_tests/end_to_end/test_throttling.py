"""An organization that asks to wait: the slice waits or parks, and no record is charged for it."""

from datetime import timedelta

import pytest

from sync_pipeline_tests.end_to_end.deployment import BATCH, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

CONTACT = "/api/Contact"
ASKS_TO_WAIT = [{"kind": "rate_limited"}, {"kind": "status_before", "status": 503}]


@pytest.mark.parametrize("fault", ASKS_TO_WAIT, ids=["429", "503"])
def test_a_short_wait_is_sat_out(deployment: Deployment, fault: dict[str, object]) -> None:
    deployment.configure(destination={"batch": {"max": 10}})
    deployment.world.add_fault(side="virtuous", path=CONTACT, retry_after=7, times=2, **fault)
    night = deployment.night()
    assert (night.code, night.report.successes, night.report.failures) == (0, 40, 0)
    assert night.report.rate_limit_pauses == (2 if fault["kind"] == "rate_limited" else 0)  # answers, not waits
    assert sum(deployment.clock.slept) == pytest.approx(7, abs=0.1)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize("fault", ASKS_TO_WAIT, ids=["429", "503"])
def test_a_long_wait_parks_the_run_until_the_time_named(deployment: Deployment, fault: dict[str, object]) -> None:
    deployment.world.add_fault(side="virtuous", path=CONTACT, retry_after=7200, times=1, **fault)
    started = deployment.clock.now()
    parked = deployment.slice_of_night()
    assert (parked.code, parked.report.status, parked.report.pending) == (3, "parked", 40)
    assert parked.report.resume_at is not None
    assert abs(parked.report.resume_at - started - timedelta(hours=2)) < timedelta(seconds=1)
    assert (parked.report.deferred, parked.report.failures, parked.report.stage_failures) == (0, 0, [])

    early = deployment.slice_of_night()  # somebody starts a run by hand before the time
    assert (early.report.status, early.report.resume_at) == ("parked", parked.report.resume_at)
    assert early.report.stage_failures == []
    assert deployment.books()["requests"][BATCH] == 1

    deployment.clock.advance(hours=2)
    done = deployment.slice_of_night()
    assert (done.code, done.report.carried) == (0, 40)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize("retry_after", [0, 9])
def test_an_organization_that_asks_to_wait_for_ever_is_left_alone(deployment: Deployment, retry_after: int) -> None:
    deployment.configure(destination={"batch": {"max": 10}})
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="rate_limited", retry_after=retry_after)
    for _ in range(3):
        night = deployment.night()
        assert (night.code, night.report.status) == (3, "parked")
        assert night.report.resume_at is not None
    assert deployment.books()["requests"][BATCH] <= 3 * 20
    assert deployment.ledger() == {"planned": 40}
    deployment.world.clear_faults()
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_what_the_headers_leave_is_left_to_other_integrations(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 4}, "quota": {"requests": 1500}})
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 20})
    deployment.world.spend_quota(VIRTUOUS, 12)
    parked = deployment.slice_of_night()
    books = deployment.books()
    assert (parked.code, parked.report.status) == (3, "parked")
    assert "429" not in books["answers"]
    assert books["quota"]["used"] <= 16  # a fifth of the window stays for the others
    assert parked.report.resume_at is not None
    assert parked.report.resume_at.timestamp() >= books["quota"]["resets_at"]

    deployment.clock.advance(seconds=(parked.report.resume_at - deployment.clock.now()).total_seconds())
    done = deployment.slice_of_night()
    assert (done.code, done.report.carried) == (0, parked.report.pending)
    assert "429" not in deployment.books()["answers"]
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize(("requests", "foreign"), [(5, 0), (9, 3)])
def test_a_small_quota_is_used_to_its_end_and_never_over_it(
    deployment: Deployment, requests: int, foreign: int
) -> None:
    deployment.configure(destination={"batch": {"max": 2}, "quota": {"use": 1.0}})
    deployment.world.change_organization(VIRTUOUS, quota={"requests": requests})
    slices = 0
    while (night := deployment.slice_of_night()).code:
        assert night.report.resume_at is not None
        deployment.clock.advance(seconds=(night.report.resume_at - deployment.clock.now()).total_seconds())
        deployment.world.spend_quota(VIRTUOUS, foreign)
        slices += 1
        assert slices < 20
    assert "429" not in deployment.books()["answers"]
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_prerequisites_that_do_not_fit_the_quota_park_the_run_without_a_failure(deployment: Deployment) -> None:
    deployment.world.add_fault(
        side="virtuous", path="/api/Organization", kind="rate_limited", retry_after=1800, times=1
    )
    parked = deployment.slice_of_night()
    assert (parked.code, parked.report.status) == (3, "parked")
    assert parked.report.stage_failures == []
    deployment.clock.advance(minutes=30)
    assert deployment.slice_of_night().code == 0


def test_a_backlog_larger_than_the_quota_is_done_at_its_own_pace(deployment: Deployment) -> None:
    """40 single writes at 16 an hour: three slices of two prerequisites each, one more than the quota's own limit."""
    deployment.configure(destination={"batch": {"max": 1}, "quota": {"requests": 20}})
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 20})
    started, slices = deployment.clock.now(), 1
    while (night := deployment.slice_of_night()).code:
        assert (night.code, night.report.status, night.report.failures) == (3, "parked", 0)
        assert night.report.resume_at is not None
        deployment.clock.advance(seconds=(night.report.resume_at - deployment.clock.now()).total_seconds())
        slices += 1
    assert slices == 3
    assert deployment.clock.now() - started < timedelta(hours=2, minutes=2)
    assert "429" not in deployment.books()["answers"]
    assert sum(deployment.clock.slept) == 0  # no worker waits for quota
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


@pytest.mark.parametrize("neighbour", [0, 3], ids=["alone", "with a neighbour"])
@pytest.mark.parametrize(
    ("rolling", "headers"),
    [
        pytest.param(True, True, id="rolling, headers"),
        pytest.param(False, False, id="fixed, no headers"),
        pytest.param(True, False, id="rolling, no headers", marks=pytest.mark.fleet),
        pytest.param(False, True, id="fixed, headers", marks=pytest.mark.fleet),
    ],
)
def test_the_budget_is_spent_while_work_is_left_and_never_exceeded(
    deployment: Deployment, *, rolling: bool, headers: bool, neighbour: int
) -> None:
    """40 single writes at 12 an hour. The neighbour takes three about once an hour.

    Where headers tell, its reserve of four is its own all the same.
    """
    usable, hour = 12 - neighbour if headers else 12, timedelta(hours=1)
    deployment.configure(destination={"batch": {"max": 1}, "quota": {"requests": 16, "use": 0.75}})
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 16, "rolling": rolling, "headers": headers})
    started = neighbour_comes = deployment.clock.now()
    sent, last_slice = 0, timedelta()
    while True:
        if deployment.clock.now() >= neighbour_comes:
            deployment.world.spend_quota(VIRTUOUS, neighbour)
            neighbour_comes = deployment.clock.now() + hour + timedelta(minutes=2)
        last_slice = deployment.clock.now() - started
        night = deployment.slice_of_night()
        if night.report.status != "parked":
            break
        sent += night.report.requests_total - night.report.source_requests
        assert night.report.resume_at is not None
        deployment.clock.advance(seconds=(night.report.resume_at - deployment.clock.now()).total_seconds())
    assert "429" not in deployment.books()["answers"]
    assert sent >= 0.95 * usable * (last_slice / hour)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_requests_that_nobody_could_foresee_show_as_the_forecast_error(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 10}})
    deployment.world.add_fault(side="virtuous", path=CONTACT, kind="rate_limited", retry_after=1, times=3)
    report = deployment.night().report
    assert sum(report.foretold_requests.values()) == 6  # two prerequisites and four batches
    assert report.forecast_error == pytest.approx(3 / 6)


def test_a_small_night_is_over_as_fast_as_virtuous_answers(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 4}})
    assert deployment.slice_of_night().code == 0
    assert deployment.clock.slept == []


def test_whoever_wants_it_sends_at_an_even_pace(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 4}, "quota": {"requests": 1500, "pace": "even"}})
    night = deployment.slice_of_night()
    assert night.code == 0
    waits = sum(night.report.requests.values()) - 1
    assert sum(deployment.clock.slept) == pytest.approx(3 * waits, abs=0.1)  # 1,200 an hour


def test_an_even_pace_slower_than_a_slices_patience_is_kept_all_the_same(deployment: Deployment) -> None:
    deployment.configure(destination={"batch": {"max": 10}, "quota": {"requests": 100, "pace": "even"}})
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 100})
    night = deployment.slice_of_night()
    assert night.code == 0
    assert sum(deployment.clock.slept) == pytest.approx(45 * (sum(night.report.requests.values()) - 1), abs=0.1)
