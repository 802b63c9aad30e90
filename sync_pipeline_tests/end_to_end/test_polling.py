"""Polls between the nights: what is new is stored and planned by a sweep, and sent by a slice of its own."""

import asyncio
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import func, select

from sync_pipeline.adapters.sql.tables import change_sets, runs, slices
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.run import Layer, RunStatus
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.sweep import Sweep, sweep
from sync_pipeline.stages.applied_ledger import finish
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.source_snapshot import poll_snapshots, take_snapshots
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.end_to_end.daemon import Daemon
from sync_pipeline_tests.end_to_end.deployment import (
    CUSTOMER,
    PROJECTS,
    USERS,
    VIRTUOUS,
    VOMO,
    Deployment,
    merged,
    secret,
    write_yaml,
)
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

INCREMENTAL = {"users": {"read": {"strategy": "modified_since", "concurrency": 1}}}


@pytest.fixture
def loaded(deployment: Deployment) -> Deployment:
    """Forty users in Virtuous; it is the next day."""
    deployment.configure(streams=INCREMENTAL)
    assert deployment.night().code == 0
    return deployment


def polled(deployment: Deployment, minutes: int = 31) -> Sweep:
    """A sweep after a while."""
    deployment.clock.advance(minutes=minutes)
    return asyncio.run(sweep(deployment.workplace, "a-sweep"))


def rows(deployment: Deployment) -> list[int]:
    with deployment.workplace.state.database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (runs, slices, change_sets)
        ]


def status(deployment: Deployment) -> Any:
    row = deployment.workplace.state.runs.run(CUSTOMER)
    assert row is not None
    return row["status"]


def test_a_poll_that_finds_nothing_asks_virtuous_nothing_and_leaves_no_rows(loaded: Deployment) -> None:
    before, asked = rows(loaded), loaded.books()["requests"]
    for _ in range(3):
        assert polled(loaded).outcomes == {"nothing new": 1}
    assert (rows(loaded), loaded.books()["requests"]) == (before, asked)
    position = loaded.workplace.state.positions.position(CUSTOMER, "vomo", "users")
    assert position.accounted_at is not None
    assert (loaded.clock.now() - position.accounted_at).total_seconds() < 60  # a quiet customer is not stale


def test_what_a_poll_finds_is_planned_and_sent_by_the_next_slice(loaded: Deployment) -> None:
    asked = loaded.books()["requests"]
    loaded.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0142")
    loaded.world.change_vomo(VOMO, share=0, add=2)
    done = polled(loaded)
    assert (done.outcomes, done.changes) == ({"parked": 1}, 3)
    assert loaded.books()["requests"] == asked
    assert loaded.ledger() == {"accepted": 40, "planned": 3}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("customers", [CUSTOMER])
        daemon = Daemon(loaded, instance)
        (request,) = daemon.tick()
        assert (request.tags["sync/layer"], list(request.asset_selection or [])) == (
            "poll",
            [dg.AssetKey("applied_ledger")],
        )
        assert daemon.start(request).success
    assert status(loaded) == "done"
    assert_delivered(loaded.world, VIRTUOUS, VOMO)
    assert polled(loaded).outcomes == {"nothing new": 1}


def test_while_virtuous_is_down_polls_go_on_and_the_backlog_waits(loaded: Deployment) -> None:
    loaded.world.add_fault(side="virtuous", path="/", kind="status_before", status=503)
    for user in (1, 2, 3):
        loaded.world.edit_vomo_user(VOMO, user, phone=f"(555) 555-01{user:02}")
        assert polled(loaded).changes == 1
    assert loaded.ledger() == {"accepted": 40, "planned": 3}
    loaded.world.clear_faults()
    assert loaded.night().code == 0
    assert_delivered(loaded.world, VIRTUOUS, VOMO)


def test_a_source_that_fails_polls_fails_them_alone_and_pauses_nobody(loaded: Deployment) -> None:
    loaded.world.add_fault(side="vomo", path="/vomo/v1/users", kind="status_before", status=404)
    for _ in range(4):
        done = polled(loaded)
        assert done.outcomes == {"failed": 1}
        assert "404" in done.told[CUSTOMER]
    assert loaded.workplace.state.breakers.breaker(CUSTOMER).consecutive_failures == 0
    loaded.world.clear_faults()
    assert polled(loaded).outcomes == {"nothing new": 1}


def test_giving_up_a_silent_source_fails_only_what_it_has_not_given(deployment: Deployment) -> None:
    deployment.configure(
        streams={**INCREMENTAL, "projects": {"source": "vomo", "recipe": "vomo_projects_to_opportunities"}}
    )
    workplace = deployment.workplace
    customer = workplace.customer(CUSTOMER)
    run = new_run(workplace, customer, Layer.POLL)
    with workplace.polling(customer, run, run.run_id) as context:
        asyncio.run(poll_snapshots(context, ["users"]))
        deployment.world.add_fault(side="vomo", path="/vomo/v1/projects", kind="latency", delay_ms=2_000)
        read = asyncio.run(poll_snapshots(context, ["users", "projects"], patience=0.2))
    assert (read.read_before, list(read.failed)) == (["users"], ["projects"])


def test_many_customers_are_polled_together_and_one_dead_source_delays_nobody(loaded: Deployment) -> None:
    for number in range(6):
        name = f"neighbour-{number}"
        loaded.world.add_vomo_organization(f"{name}-vomo", users=5)
        loaded.world.add_organization(f"{name}-virtuous")
        add_customer(loaded, name)
    for name in [f"neighbour-{number}" for number in range(6)]:
        compared(loaded, name)
    loaded.world.add_fault(
        side="vomo", token="neighbour-2-vomo", path="/vomo/v1/users", kind="status_before", status=404
    )
    done = polled(loaded, minutes=60)
    assert done.outcomes == {"nothing new": 6, "failed": 1}
    assert list(done.told) == ["neighbour-2"]


def add_customer(deployment: Deployment, name: str) -> None:
    changes = {
        "id": name,
        "destination": {"token": secret(deployment.folder, f"{name}-virtuous")},
        "sources": {"vomo": {"token": secret(deployment.folder, f"{name}-vomo")}},
    }
    folder = deployment.workplace.settings.customers
    write_yaml(folder / f"{name}.yaml", merged(deployment.settings, changes))


def compared(deployment: Deployment, name: str) -> None:
    """The customer's first load is read and compared."""
    workplace = deployment.workplace
    customer = workplace.customer(name)
    run = new_run(workplace, customer, None)
    with workplace.deciding(customer, run) as context:
        workplace.state.runs.begin_slice(context.keeper.lease, run, run.run_id)
        asyncio.run(take_snapshots(context))
        make_change_sets(context)
        finish(context, RunStatus.DONE, None)


def test_a_parked_night_stays_parked_and_sends_what_polls_found_as_well(loaded: Deployment) -> None:
    loaded.world.change_vomo(VOMO, share=0, add=30)
    loaded.world.add_fault(side="virtuous", path="/api/Contact", kind="rate_limited", retry_after=7200, times=1)
    parked = loaded.slice_of_night()
    assert parked.report.status == "parked"
    loaded.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0142")
    assert polled(loaded).changes == 1
    night = loaded.workplace.state.runs.run(CUSTOMER, parked.report.run_id)
    assert night is not None
    assert (night["status"], night["resume_at"]) == ("parked", parked.report.resume_at)
    loaded.clock.advance(hours=2)
    assert loaded.slice_of_night().code == 0
    assert_delivered(loaded.world, VIRTUOUS, VOMO)


def test_what_is_held_stays_held_while_polls_find_nothing_new(deployment: Deployment) -> None:
    deployment.configure(streams=INCREMENTAL, limits={"guard": {"changes": 0.5}})
    deployment.night()
    for user in deployment.world.vomo_users(VOMO)[:25]:
        deployment.world.edit_vomo_user(VOMO, user["id"], phone=f"(555) 555-{user['id']:04}")
    assert polled(deployment).outcomes == {"held": 1}
    assert polled(deployment).outcomes == {"held": 1}
    assert len(deployment.workplace.state.cuts.cuts(CUSTOMER, [CutState.HELD])) == 1
    assert deployment.ledger() == {"accepted": 40}


def test_nobody_new_paused_or_at_work_is_polled_and_the_sweep_says_so(deployment: Deployment) -> None:
    deployment.configure(streams=INCREMENTAL)
    assert polled(deployment).left_out == {"not loaded yet": 1}
    deployment.night()
    breakers, leases = deployment.workplace.state.breakers, deployment.workplace.state.leases
    breakers.pause(CUSTOMER, "a question to the nonprofit", "ada")
    assert polled(deployment).left_out == {"paused": 1}
    breakers.resume(CUSTOMER, "answered", "ada")
    lease = leases.acquire(CUSTOMER, holder_elsewhere())
    assert lease is not None
    done = asyncio.run(sweep(deployment.workplace, "a-sweep"))
    assert (done.outcomes, done.left_out) == ({}, {"at work on something else": 1})
    leases.release(lease)
    assert asyncio.run(sweep(deployment.workplace, "a-sweep")).outcomes == {"nothing new": 1}


def test_each_stream_is_polled_in_its_own_minutes_and_whole_ones_only_on_request(deployment: Deployment) -> None:
    projects = {"source": "vomo", "recipe": "vomo_projects_to_opportunities"}
    whole = {"read": {"strategy": "full_snapshot"}}
    deployment.configure(
        streams={"users": {**INCREMENTAL["users"], "poll_minutes": 10}, "projects": {**projects, **whole}}
    )
    deployment.night()

    def asked() -> tuple[int, int]:
        requests = deployment.books(VOMO)["requests"]
        return requests[USERS], requests[PROJECTS]

    polled(deployment)  # whoever was never polled is due at once
    users, others = asked()
    for _ in range(6):
        polled(deployment, minutes=5)
    assert asked() == (users + 3, others)
    deployment.configure(streams={"projects": {"poll_minutes": 60}})
    polled(deployment, minutes=60)
    assert asked() == (users + 4, others + 1)


def test_a_poll_that_takes_too_long_goes_on_in_a_slice_of_its_own(loaded: Deployment) -> None:
    loaded.world.add_fault(side="vomo", path="/vomo/v1/users", kind="rate_limited", retry_after=300, times=1)
    done = polled(loaded)
    assert done.outcomes == {"parked": 1}
    assert status(loaded) == "parked"
    loaded.clock.advance(minutes=5)
    assert loaded.slice_of_night().code == 0


def test_a_night_and_a_poll_that_are_parked_go_on_as_one(loaded: Deployment) -> None:
    loaded.world.change_vomo(VOMO, share=0, add=30)
    loaded.world.add_fault(side="virtuous", path="/api/Contact", kind="rate_limited", retry_after=1200, times=1)
    assert loaded.slice_of_night().report.status == "parked"
    loaded.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0142")
    assert polled(loaded).outcomes == {"parked": 1}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("customers", [CUSTOMER])
        daemon = Daemon(loaded, instance)
        (request,) = daemon.tick()
        assert daemon.start(request).success
        assert daemon.tick() == []
    assert_delivered(loaded.world, VIRTUOUS, VOMO)


def test_an_interrupted_night_goes_on_before_its_customer_is_polled(loaded: Deployment) -> None:
    loaded.world.change_vomo(VOMO, share=0, add=2)
    with loaded.stages(slot="2026-03-02"):
        pass  # killed: nobody is at work any more, and no sensor has looked yet
    assert polled(loaded).outcomes == {"busy": 1}
    assert status(loaded) == "running"
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("customers", [CUSTOMER])
        (request,) = Daemon(loaded, instance).tick()
        assert request.tags["sync/slot"] == "2026-03-02"
        assert Daemon(loaded, instance).start(request).success
    assert status(loaded) == "done"
    assert_delivered(loaded.world, VIRTUOUS, VOMO)
    assert polled(loaded).outcomes == {"nothing new": 1}


def test_a_poll_that_was_interrupted_keeps_nobody_waiting(loaded: Deployment) -> None:
    loaded.world.change_vomo(VOMO, share=0, add=2)
    with loaded.stages(Layer.POLL, slot="2026-03-02T07:00"):
        pass
    assert polled(loaded).outcomes == {"parked": 1}
