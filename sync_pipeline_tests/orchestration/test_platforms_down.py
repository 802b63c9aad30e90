"""When a platform fails for everybody, the fleet leaves it alone, tries it now and then, and recovers by itself."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sync_pipeline.orchestration.sweep import Sweep, sweep
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.orchestration.nights import Nights
from sync_pipeline_tests.orchestration.test_due_customers import schedule
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

NAMES = [CUSTOMER, *(f"customer-{number}" for number in range(1, 6))]
VIRTUOUS_DOWN: dict[str, Any] = {"side": "virtuous", "kind": "status_before", "status": 503}
VOMO_DOWN: dict[str, Any] = {"side": "vomo", "kind": "status_before", "status": 503}


@pytest.fixture
def nights(fleet: Path, instance: dg.DagsterInstance) -> Nights:
    """Six customers, whose nights begin at 23:00 UTC; it is a minute later."""
    for name in NAMES:
        schedule(fleet, name, "23:00")
        file = fleet / f"{name}.yaml"
        text = file.read_text().replace(
            "vomo_users_to_contacts", "vomo_users_to_contacts, read: {strategy: modified_since}"
        )
        file.write_text(text)
    return Nights(instance, FakeClock(datetime(2026, 3, 2, 23, 1, tzinfo=UTC)))


def night(nights: Nights) -> None:
    """Whatever the sensors ask for is done, one after the other."""
    for request in [*nights.tick(), *nights.resumed()]:
        nights.start(request)


def statuses(nights: Nights) -> dict[str, int]:
    workplace = nights.open()
    rows = [workplace.state.runs.run(name) for name in NAMES]
    workplace.close()
    found = [row["status"] for row in rows if row is not None]
    return {status: found.count(status) for status in found}


def swept(nights: Nights) -> Sweep:
    workplace = nights.open()
    done = asyncio.run(sweep(workplace, f"sweep-{nights.clock.now():%H%M%S}"))
    workplace.close()
    return done


def asked(world: World) -> int:
    return sum(world.books("virtuous-token")["answers"].values())


def test_virtuous_is_left_alone_after_three_customers_and_the_night_goes_on_by_itself(
    nights: Nights, world: World
) -> None:
    world.add_fault(**VIRTUOUS_DOWN)
    night(nights)
    assert statuses(nights) == {"failed": 2, "parked": 4}
    tries_of_three = asked(world)
    assert tries_of_three == 15
    assert nights.resumed() == []  # everybody waits

    for _ in range(10):  # half an hour, in which one customer at a time tries
        nights.clock.advance(minutes=3)
        night(nights)
    assert asked(world) - tries_of_three <= 5 * 5
    workplace = nights.open()
    assert all(workplace.state.breakers.breaker(name).consecutive_failures <= 1 for name in NAMES)
    workplace.close()

    world.clear_faults()
    nights.clock.advance(minutes=16)
    night(nights)  # one tries
    nights.clock.advance(minutes=16)
    night(nights)
    assert statuses(nights) == {"failed": 2, "done": 4}
    assert world.books("virtuous-token")["answers"].get("429", 0) == 0


def test_polls_of_a_source_that_is_down_stop_after_a_few_and_go_on_by_themselves(nights: Nights, world: World) -> None:
    night(nights)
    assert statuses(nights) == {"done": 6}
    nights.clock.advance(hours=1)
    world.add_fault(**VOMO_DOWN)
    assert swept(nights).outcomes["failed"] == 6  # all at once: nobody could know
    requests = world.books("vomo-token")["requests"]
    nights.clock.advance(minutes=31)
    second = swept(nights)
    assert (dict(second.outcomes), second.left_out["until a platform is back"]) == ({"failed": 1}, 5)
    assert sum(world.books("vomo-token")["requests"].values()) - sum(requests.values()) <= 10
    world.clear_faults()
    nights.clock.advance(minutes=31)
    third = swept(nights)
    assert third.outcomes["nothing new"] >= 1
    nights.clock.advance(minutes=31)
    assert dict(swept(nights).outcomes) == {"nothing new": 6}


def test_a_platform_that_takes_nobodys_token_pauses_hardly_anybody(nights: Nights, world: World) -> None:
    """Its sign-in is broken: telling five hundred customers to renew their tokens would help nobody."""
    night(nights)
    nights.clock.advance(days=1)
    world.add_fault(side="virtuous", kind="unauthorized")
    night(nights)
    workplace = nights.open()
    paused = [name for name in NAMES if workplace.state.breakers.breaker(name).is_paused(nights.clock.now())]
    workplace.close()
    assert len(paused) == 2
    assert statuses(nights) == {"failed": 2, "parked": 4}
    world.clear_faults()
    for _ in range(2):
        nights.clock.advance(minutes=16)
        night(nights)
    assert statuses(nights) == {"failed": 2, "done": 4}


def test_a_poll_that_finds_the_token_revoked_pauses_that_customer_with_the_remedy(nights: Nights, world: World) -> None:
    night(nights)
    nights.clock.advance(hours=1)
    world.add_fault(side="vomo", kind="unauthorized", times=1)
    done = swept(nights)
    assert dict(done.outcomes) == {"failed": 1, "nothing new": 5}
    (paused, message) = next(iter(done.told.items()))
    assert "HTTP 401" in message
    workplace = nights.open()
    row = workplace.state.runs.run(paused)
    assert workplace.state.breakers.breaker(paused).is_paused(nights.clock.now())
    workplace.close()
    assert row is not None
    (failure,) = row["report"]["stage_failures"]
    assert f"customers resume {paused}" in failure["remedy"]
