"""Fixtures of the chaos tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline_tests.chaos.victims import Scene, staged


@pytest.fixture
def scene(tmp_path: Path, sqlite_url: str) -> Iterator[Scene]:
    """60 users and nothing synced yet, SQLite."""
    with staged(tmp_path, sqlite_url) as made:
        yield made


@pytest.fixture
def scene_on(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    """The same, once on each kind of database."""
    with staged(tmp_path, database_url) as made:
        yield made
