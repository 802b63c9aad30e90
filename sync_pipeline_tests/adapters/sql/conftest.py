"""An opened state store on each kind of database, and a customer at work on it."""

from collections.abc import Iterator

import pytest

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline_tests.adapters.sql.support import Worker
from sync_pipeline_tests.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(database_url: str, clock: FakeClock) -> Iterator[StateStore]:
    opened = StateStore(database_url, clock)
    yield opened
    opened.close()


@pytest.fixture
def worker(store: StateStore, clock: FakeClock) -> Worker:
    return Worker(store, clock)
