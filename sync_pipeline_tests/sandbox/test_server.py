"""Starting, stopping and the demonstration's fleet."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import httpx
import pytest

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.sandbox.server import running_sandbox, serve
from sync_pipeline.sandbox.world import World, default_world
from sync_pipeline_tests.sandbox.support import TRANSACTION, VIRTUOUS, transaction


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_two_sandboxes_run_side_by_side_and_end_with_their_block() -> None:
    with running_sandbox(World()) as one, running_sandbox(World()) as other:
        assert one != other
        assert httpx.get(f"{one}/sandbox/books").status_code == 200
        assert httpx.get(f"{other}/sandbox/books").status_code == 200

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{one}/sandbox/books")


def test_a_request_whose_client_gave_up_still_has_its_effect() -> None:
    client_gave_up = Event()

    async def until_the_client_gave_up(_: float) -> None:
        await asyncio.to_thread(client_gave_up.wait)

    world = World(sleep=until_the_client_gave_up)
    world.add_organization(VIRTUOUS)
    world.add_fault(side="virtuous", kind="latency", delay_ms=1)
    with running_sandbox(world) as base_url:
        headers = {"Authorization": f"Bearer {VIRTUOUS}"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{base_url}{TRANSACTION}", json=transaction(), headers=headers, timeout=0.05)
        client_gave_up.set()

    assert world.books(VIRTUOUS)["effects"] == {"VOMO/1": 1}


def test_an_operation_without_its_token_says_what_is_missing() -> None:
    with running_sandbox(World()) as url:
        answer = httpx.post(f"{url}/sandbox/import")
    assert (answer.status_code, answer.json()) == (400, {"error": "'token' is missing from the address or the body."})


def test_a_taken_port_says_what_to_do() -> None:
    with taken_port() as port, pytest.raises(ConfigurationError) as refused:
        serve(World(), port=port)

    assert "--port" in refused.value.remedy


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])  # noqa: S104 - refused is the point
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(ConfigurationError, match="no passwords"):
        serve(World(), host=host)


def test_the_demo_fleet_has_three_customers_of_different_sizes() -> None:
    world = default_world()

    assert {token: len(organization.users) for token, organization in world.vomo.items()} == {
        "demo-riverside-food-bank-vomo": 2500,
        "demo-harbor-shelter-vomo": 400,
        "demo-maple-street-library-vomo": 45,
    }
    assert world.virtuous.keys() == {token.replace("-vomo", "-virtuous") for token in world.vomo}
    assert all(one.settings.name.endswith("(Sandbox)") for one in world.virtuous.values())
    assert len({one.settings.organization_user_id for one in world.virtuous.values()}) == 3
