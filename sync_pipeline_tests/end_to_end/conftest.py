"""Fixtures of the end-to-end tests."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline_tests.end_to_end.deployment import Deployment, deployed
from sync_pipeline_tests.end_to_end.kinds import every_kind
from sync_pipeline_tests.sandbox_fleet import fleet, world

__all__ = ["deployment", "deployment_on", "fleet", "world"]  # the last two are fixtures of that module


@pytest.fixture
def nobody_listens() -> str:
    """An address on which every connection is refused."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def deployment(tmp_path: Path, sqlite_url: str) -> Iterator[Deployment]:
    """40 VOMO users, nothing synced yet, SQLite."""
    with deployed(tmp_path, sqlite_url) as made:
        yield made


@pytest.fixture
def deployment_on(tmp_path: Path, each_database_url: str) -> Iterator[Deployment]:
    """The same, once on each kind of database."""
    with deployed(tmp_path, each_database_url) as made:
        yield made


@pytest.fixture
def kinds(tmp_path: Path, sqlite_url: str) -> Iterator[Deployment]:
    """Every kind of write, nothing synced yet, SQLite."""
    with every_kind(tmp_path, sqlite_url) as made:
        yield made


@pytest.fixture
def kinds_on(tmp_path: Path, each_database_url: str) -> Iterator[Deployment]:
    """The same, once on each kind of database."""
    with every_kind(tmp_path, each_database_url) as made:
        yield made
