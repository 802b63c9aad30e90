"""Parked runs go on by themselves: the sensor requests the next slice, and Dagster's daemon would start it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.cli.status_documents import status_entry
from sync_pipeline.definitions import defs
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.partitions import register
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.end_to_end.daemon import Daemon
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, PROJECTS, USERS, VIRTUOUS, VOMO, Deployment, deployed
from sync_pipeline_tests.end_to_end.expectations import assert_delivered


@pytest.fixture
def daemon(deployment: Deployment) -> Iterator[Daemon]:
    """40 single writes at 16 requests an hour: three slices."""
    deployment.configure(destination={"batch": {"max": 1}, "quota": {"requests": 20}})
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 20})
    with dg.DagsterInstance.ephemeral() as instance:
        register(instance, [CUSTOMER])
        yield Daemon(deployment, instance)


def test_a_parked_run_goes_on_by_itself_until_everything_is_delivered(daemon: Daemon) -> None:
    assert daemon.night().success
    first = daemon.run
    assert (first["status"], first["report"]["pending"]) == ("parked", 26)
    slices = 1
    while daemon.run["status"] == "parked":
        assert daemon.tick() == []  # not before its time
        daemon.wait()
        (request,) = daemon.tick()
        assert daemon.start(request).success
        slices += 1
    assert slices == 3
    assert (daemon.run["run_id"], daemon.run["status"], daemon.run["report"]["successes"]) == (
        first["run_id"],
        "done",
        40,
    )
    assert_delivered(daemon.deployment.world, VIRTUOUS, VOMO)


def test_what_was_read_and_compared_is_not_read_once_more(daemon: Daemon) -> None:
    daemon.night()
    read = daemon.deployment.books(VOMO)["requests"][USERS]
    daemon.wait()
    (request,) = daemon.tick()
    daemon.start(request)
    assert daemon.deployment.books(VOMO)["requests"][USERS] == read


def test_a_slice_starts_once_however_often_the_sensor_is_asked(daemon: Daemon) -> None:
    daemon.night()
    daemon.wait()
    (first,), (again,) = daemon.tick(), daemon.tick()  # a daemon that died after the first tick asks again
    assert first.run_key == again.run_key
    daemon.instance.create_run_for_job(defs.resolve_job_def("nightly_sync"), tags=dict(first.tags))
    assert daemon.tick() == []  # it is queued


def test_a_slice_that_never_began_is_tried_again(daemon: Daemon) -> None:
    daemon.night()
    daemon.wait()
    (first,) = daemon.tick()
    lost = daemon.instance.create_run_for_job(defs.resolve_job_def("nightly_sync"), tags=dict(first.tags))
    daemon.instance.report_run_failed(lost, "the machine went away before it started")
    (second,) = daemon.tick()
    assert second.run_key != first.run_key
    assert daemon.start(second).success
    daemon.wait()
    (third,) = daemon.tick()
    assert third.run_key not in (first.run_key, second.run_key)


def test_a_paused_customer_stays_parked_until_it_is_resumed(daemon: Daemon) -> None:
    daemon.night()
    daemon.wait()
    breakers = daemon.deployment.workplace.state.breakers
    breakers.pause(CUSTOMER, "a question to the nonprofit", "someone")
    assert daemon.tick() == []
    breakers.resume(CUSTOMER, "answered", "someone")
    assert len(daemon.tick()) == 1


def test_nobody_is_disturbed_at_work(daemon: Daemon) -> None:
    """Such as `run --wait`, which holds the customer while it waits."""
    daemon.night()
    daemon.wait()
    leases = daemon.deployment.workplace.state.leases
    assert leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    assert daemon.tick() == []


def test_a_run_that_takes_over_closes_the_parked_one(daemon: Daemon) -> None:
    daemon.night()
    parked = daemon.run
    daemon.wait()
    daemon.night()
    assert daemon.run["run_id"] != parked["run_id"]
    taken_over = daemon.deployment.workplace.state.runs.run(CUSTOMER, parked["run_id"])
    assert taken_over is not None
    assert (taken_over["status"], taken_over["resume_at"]) == ("continued", None)
    daemon.wait()
    (request,) = daemon.tick()  # for the newer one alone
    assert request.tags["sync/run_id"] == daemon.run["run_id"]


def test_a_run_that_reaches_its_limit_is_continued_by_another_one(daemon: Daemon) -> None:
    daemon.deployment.configure(limits={"run_seconds": 4000})
    daemon.night()
    first = daemon.run
    daemon.wait()
    (request,) = daemon.tick()
    assert daemon.start(request).success
    assert (daemon.run["run_id"], daemon.run["status"]) == (first["run_id"], "parked")
    daemon.wait()  # two windows after its start: more than its 4,000 s
    (request,) = daemon.tick()
    assert daemon.start(request).success
    assert daemon.tick() == []
    last = daemon.run
    assert last["run_id"] != first["run_id"]
    assert (last["status"], last["report"]["carried"]) == ("done", 11)
    assert_delivered(daemon.deployment.world, VIRTUOUS, VOMO)


def test_a_run_that_gets_nowhere_twice_fails_and_says_why(daemon: Daemon) -> None:
    daemon.deployment.world.add_fault(side="virtuous", path="/api/Contact", kind="rate_limited", retry_after=3600)
    daemon.night()  # it read and planned
    statuses = []
    for _ in range(2):
        daemon.wait()
        (request,) = daemon.tick()
        daemon.start(request)
        statuses.append(daemon.run["status"])
    assert statuses == ["parked", "failed"]
    (failure,) = daemon.run["report"]["stage_failures"]
    assert failure["subject"] == "progress"
    assert "Virtuous asked to wait" in failure["message"]
    assert daemon.deployment.ledger() == {"planned": 40}
    daemon.deployment.clock.advance(hours=2)
    assert daemon.tick() == []  # no sensor wakes it; the next night goes on with all of it
    daemon.deployment.world.clear_faults()
    daemon.night()
    assert daemon.run["report"]["carried"] > 0


@pytest.fixture
def slow_source(tmp_path: Path, sqlite_url: str) -> Iterator[Daemon]:
    """120 users are 8 pages, and six times a request has to wait for 50 s; a slice has 120."""
    with deployed(tmp_path, sqlite_url, users=120) as deployment, dg.DagsterInstance.ephemeral() as instance:
        deployment.configure(limits={"slice_seconds": 120})
        wait = {"kind": "rate_limited", "every": 2, "times": 6, "retry_after": 50}
        deployment.world.add_fault(side="vomo", path="/vomo/v1/users", **wait)
        register(instance, [CUSTOMER])
        yield Daemon(deployment, instance)


def test_a_read_that_takes_longer_than_a_slice_goes_on_in_the_next_one(slow_source: Daemon) -> None:
    daemon, shares = slow_source, list[float]()
    assert daemon.night().success
    while daemon.run["parked_in"] == "source_snapshot":
        shares.append(daemon.run["report"]["reading"]["users"]["percent"])
        (request,) = daemon.tick()  # at once: nothing is used up but its time
        assert daemon.start(request).success
    assert shares == sorted(set(shares))
    assert len(shares) == 2
    asked = daemon.deployment.books(VOMO)["requests"][USERS]
    assert daemon.run["report"]["source_requests"] == asked
    assert daemon.run["report"]["reading"] == {}
    while daemon.run["status"] == "parked":
        daemon.wait()
        (request,) = daemon.tick()
        daemon.start(request)
    assert_delivered(daemon.deployment.world, VIRTUOUS, VOMO)
    assert list(daemon.deployment.folder.rglob("*.jsonl")) == []


def test_who_looks_at_a_long_read_sees_how_far_it_is(slow_source: Daemon) -> None:
    slow_source.night()
    document = status_entry(slow_source.deployment.workplace, slow_source.deployment.customer)
    progress = document["reading"]["users"]
    assert progress["total"] == 120
    assert progress["records"] == 15 * progress["pages"]
    assert progress["percent"] == 100 * progress["records"] / 120
    assert progress["finish_at"] > slow_source.deployment.clock.now().isoformat()
    (observed,) = slow_source.instance.fetch_observations(dg.AssetKey("source_snapshot"), limit=1).records
    assert observed.partition_key == CUSTOMER


def test_streams_that_were_read_are_not_read_again_because_another_one_takes_long(slow_source: Daemon) -> None:
    deployment = slow_source.deployment
    deployment.configure(streams={"projects": {"source": "vomo", "recipe": "vomo_projects_to_opportunities"}})
    slow_source.night()
    asked = deployment.books(VOMO)["requests"][PROJECTS]
    assert list(slow_source.run["report"]["reading"]) == ["users"]
    (request,) = slow_source.tick()
    slow_source.start(request)
    assert deployment.books(VOMO)["requests"][PROJECTS] - asked == 1  # whether the token is still accepted


def test_a_read_that_gets_nowhere_twice_fails_and_says_why(slow_source: Daemon) -> None:
    slow_source.night()  # it has read some pages
    slow_source.deployment.world.add_fault(side="vomo", kind="rate_limited", path="/vomo/v1/users", retry_after=3600)
    statuses = []
    for _ in range(2):
        slow_source.wait()
        (request,) = slow_source.tick()
        slow_source.start(request)
        statuses.append(slow_source.run["status"])
    assert statuses == ["parked", "failed"]
    (failure,) = slow_source.run["report"]["stage_failures"]
    assert (failure["subject"], "asked to wait" in failure["message"]) == ("progress", True)
    slow_source.deployment.world.clear_faults()
    slow_source.deployment.clock.advance(hours=1)
    slow_source.night()
    assert slow_source.run["status"] == "done"
    assert_delivered(slow_source.deployment.world, VIRTUOUS, VOMO)


def test_the_time_of_a_slice_counts_over_all_its_stages(daemon: Daemon) -> None:
    deployment = daemon.deployment
    run = new_run(deployment.workplace, deployment.customer, None)
    with deployment.workplace.stage(deployment.customer, run, "dagster-run") as reading:
        left = reading.deadline - deployment.clock.monotonic()
    deployment.clock.advance(minutes=4)
    with deployment.workplace.stage(deployment.customer, run, "dagster-run") as applying:
        assert left - (applying.deadline - deployment.clock.monotonic()) == pytest.approx(240, abs=1)
    assert timedelta(seconds=left) <= timedelta(minutes=10)


def test_a_token_exchanged_while_parked_writes_to_nobody_elses_organization(daemon: Daemon) -> None:
    daemon.night()
    deployment = daemon.deployment
    deployment.world.add_organization("another-token", name="Another nonprofit")
    (deployment.folder / f"{VIRTUOUS}.secret").write_text("another-token")
    daemon.wait()
    (request,) = daemon.tick()
    daemon.start(request)
    assert daemon.run["status"] == "failed"
    assert "another organization" in daemon.run["report"]["stage_failures"][0]["message"]
    assert deployment.books("another-token")["rows_received"] == 0
