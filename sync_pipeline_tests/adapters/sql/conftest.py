"""A state store on each kind of database, and a customer at work on it.

All tests of a kind share one opened store, emptied after each: a store opened anew compiles its statements anew, which
took half of the time.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline_tests.adapters.sql.support import Worker
from sync_pipeline_tests.clock import FakeClock


@pytest.fixture(scope="session")
def session_clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def opened_store(
    request: pytest.FixtureRequest, session_clock: FakeClock, sqlite_file: Path, database_folder: Path
) -> Iterator[StateStore]:
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(sqlite_file, database_folder / 'shared.db')}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("postgres_database"))
    opened = StateStore(url, session_clock)
    yield opened
    opened.close()


@pytest.fixture
def clock(session_clock: FakeClock) -> FakeClock:
    session_clock.reset()
    return session_clock


@pytest.fixture
def store(opened_store: StateStore, clock: FakeClock) -> Iterator[StateStore]:  # noqa: ARG001  the clock starts over
    yield opened_store
    with opened_store.database.write() as connection:
        for table in metadata.tables.values():
            connection.execute(table.delete())


@pytest.fixture
def database_url(store: StateStore) -> str:
    """Address of the store, for those that open it once more."""
    return store.database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def worker(store: StateStore, clock: FakeClock) -> Worker:
    return Worker(store, clock)
