"""Fixtures for every package: databases nobody else uses."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from xdist.remote import Producer

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline_tests.engines import keep_engines
from sync_pipeline_tests.memory import use_memory
from sync_pipeline_tests.postgres import PostgresServer
from sync_pipeline_tests.workers import ByTest


def pytest_configure() -> None:
    use_memory()
    keep_engines()


def pytest_collection_finish() -> None:
    """Looking for garbage took a tenth of the time: what is there now stays, and looking less often is enough."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByTest:
    return ByTest(config, log)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command configures the logs of its process, which here is every later test's too."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started by the first test that asks for it; every xdist worker has its own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer) -> str:
    """Name of the migrated database that the tests use one after the other."""
    name = postgres_server.create_database()
    Database(postgres_server.url(name)).close()
    return name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_database: str) -> Iterator[str]:
    """Address of a migrated PostgreSQL database without a row. Its schema must stay as it is."""
    yield postgres_server.url(postgres_database)
    postgres_server.clear(postgres_database, metadata.tables)


@pytest.fixture(scope="session")
def database_folder() -> Iterator[Path]:
    """For databases of many tests."""
    with tempfile.TemporaryDirectory(prefix="sync-sqlite-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_file(database_folder: Path) -> Path:
    """A migrated SQLite database to copy: fifty times as quick as a migration."""
    path = database_folder / "migrated.db"
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(sqlite_file: Path) -> Iterator[str]:
    """Address of a migrated SQLite database without a row."""
    with tempfile.TemporaryDirectory(dir=sqlite_file.parent) as folder:
        yield f"sqlite:///{shutil.copy(sqlite_file, Path(folder) / 'state.db')}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.fleet)])
def each_database_url(request: pytest.FixtureRequest) -> str:
    """The same for whole nights: on PostgreSQL they take twice as long, and the store has tests of its own on both."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a migrated, empty state store; the test runs once on each kind of database."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
