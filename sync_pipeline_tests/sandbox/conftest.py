"""One running sandbox for all tests of this package; every test starts with an empty world at the same moment."""

from collections.abc import Iterator

import pytest

from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.sandbox.support import SandboxClient, SettableClock


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxClient]:
    clock = SettableClock()
    world = World(clock=clock.now, sleep=clock.sleep)
    with running_sandbox(world) as base_url, SandboxClient(world, clock, base_url) as client:
        yield client


@pytest.fixture
def sandbox(running: SandboxClient) -> SandboxClient:
    running.world.virtuous.clear()
    running.world.vomo.clear()
    running.world.giving.clear()
    running.world.clear_faults()
    running.clock.reset()
    return running
