"""A fleet, five of it in trouble of every kind: the others fare as if those were not there.

`make test-fleet` has 200 customers: FLEET=200.
"""

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import Layer
from sync_pipeline.domain.slots import share_of
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.orchestration.sweep import Sweep, sweep
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline.stages.applied_ledger import apply_ledger
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.end_to_end.deployment import BATCH, USERS, TickingClock, secret, write_yaml
from sync_pipeline_tests.loaded_fleet import load_everybody

FLEET = int(os.environ.get("FLEET", "20"))
CUSTOMERS = [f"customer-{number:03}" for number in range(FLEET)]
SILENT, MALFORMED, REVOKED, LARGE, THROTTLED = CUSTOMERS[:: FLEET // 5]
IN_TROUBLE = {SILENT, MALFORMED, REVOKED, LARGE, THROTTLED}
WELL = [name for name in CUSTOMERS if name not in IN_TROUBLE]
PEOPLE = 3
HUNDREDFOLD = 100 * PEOPLE
PATIENCE_SECONDS = 20.0 + FLEET / 5  # on a busy machine even those wait that are well
USERS_PATH = "/vomo/v1/users"


@pytest.fixture
def world() -> World:
    world = World()
    for name in CUSTOMERS:
        world.add_organization(name)
        world.add_vomo_organization(f"{name}-vomo", users=PEOPLE)
    return world


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        yield bound.getsockname()[1]


@pytest.fixture
def workplace(world: World, tmp_path: Path) -> Iterator[Workplace]:
    """Everybody is loaded: read and compared, and nothing of it sent yet."""
    folder = tmp_path / "customers"
    folder.mkdir()
    with running_sandbox(world) as url:
        for name in CUSTOMERS:
            configure(tmp_path, name, url, f"{url}/vomo/v1")
        settings = load_settings({"SYNC_HOME": str(tmp_path / "home"), "SYNC_CUSTOMERS": str(folder)})
        opened = Workplace(settings, TickingClock())
        asyncio.run(load_everybody(opened))
        yield opened
        opened.close()


def configure(folder: Path, name: str, url: str, vomo: str) -> None:
    vomo_source = {
        "connector": "vomo",
        "base_url": vomo,
        "token": secret(folder, f"{name}-vomo"),
        "reference_source": "VOMO",
    }
    read = {"strategy": "modified_since", "tries": 3}
    document = {
        "id": name,
        "name": name,
        "destination": {"base_url": url, "token": secret(folder, name)},
        "sources": {"vomo": vomo_source},
        "streams": {"users": {"source": "vomo", "recipe": "vomo_users_to_contacts", "read": read}},
        "limits": {"guard": {"changes": 1.0}},
    }
    write_yaml(folder / "customers" / f"{name}.yaml", document)


def trouble(world: World, workplace: Workplace, deaf: int) -> None:
    folder = workplace.settings.customers.parent
    url = workplace.customer(SILENT).destination.address
    configure(folder, SILENT, url, f"http://127.0.0.1:{deaf}/vomo/v1")
    world.add_fault(side="vomo", kind="malformed", token=f"{MALFORMED}-vomo", path=USERS_PATH)
    world.add_fault(side="vomo", kind="unauthorized", token=f"{REVOKED}-vomo")
    world.change_vomo(f"{LARGE}-vomo", share=0, add=HUNDREDFOLD - PEOPLE)
    world.add_fault(side="virtuous", kind="rate_limited", token=THROTTLED, retry_after=600)


def swept(workplace: Workplace, world: World) -> Sweep:
    """Half an hour later somebody new has come to each of them."""
    for name in CUSTOMERS:
        world.change_vomo(f"{name}-vomo", share=0, add=1)
    workplace.clock.advance(minutes=31)  # type: ignore[attr-defined]
    return asyncio.run(sweep(workplace, "a-sweep", PATIENCE_SECONDS))


def applied(workplace: Workplace) -> dict[str, RunReport]:
    """What is planned is sent, customer by customer in some order, as `resume_parked` would have it."""
    reports: dict[str, RunReport] = {}
    for name in sorted(CUSTOMERS, key=share_of):
        customer = workplace.customer(name)
        run = new_run(workplace, customer, Layer.NIGHTLY)
        with workplace.stage(customer, run, run.run_id) as context:
            reports[name] = asyncio.run(apply_ledger(context))
    return reports


def test_five_customers_in_trouble_are_nobody_elses(world: World, workplace: Workplace, deaf: int) -> None:
    requests = {name: world.books(f"{name}-vomo")["requests"][USERS] for name in CUSTOMERS}
    trouble(world, workplace, deaf)
    done = swept(workplace, world)
    assert (done.left_out, set(done.told)) == (Counter(), {SILENT, MALFORMED, REVOKED})
    assert dict(done.outcomes) == {"parked": FLEET - 3, "failed": 3}
    assert "still not read" in done.told[SILENT]
    assert "expected JSON" in done.told[MALFORMED]
    assert "HTTP 401" in done.told[REVOKED]

    reports = applied(workplace)
    for name in WELL:
        asked = world.books(f"{name}-vomo")["requests"][USERS] - requests[name]
        books = world.books(name)
        assert (name, asked, reports[name].status) == (name, 1, "done")
        assert (name, books["requests"][BATCH], books["rows_accepted"], books["duplicates"]) == (name, 1, PEOPLE + 1, 0)
        assert (name, set(books["effects"].values()), books["answers"].get("429", 0)) == (name, {1}, 0)

    assert {name: reports[name].status for name in IN_TROUBLE} == {
        SILENT: "done",  # what was read before is sent
        MALFORMED: "done",
        REVOKED: "paused",
        LARGE: "done",
        THROTTLED: "parked",
    }
    assert world.books(LARGE)["rows_accepted"] == HUNDREDFOLD + 1
    assert world.books(THROTTLED)["rows_accepted"] == 0
    breaker = workplace.state.breakers.breaker(REVOKED)
    assert breaker.reason == "vomo no longer accepts its token"
    now = workplace.clock.now()
    assert [name for name in CUSTOMERS if workplace.state.breakers.breaker(name).is_paused(now)] == [REVOKED]
