"""Fixtures for every package: databases nobody else uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline_tests.postgres import PostgresServer


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


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of an SQLite database that is not there yet; opening it makes it."""
    return f"sqlite:///{tmp_path / 'state.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh state store; the test runs once on each kind of database."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
