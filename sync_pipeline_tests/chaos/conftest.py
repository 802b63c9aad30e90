"""Fixtures of the chaos tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_pipeline_tests.chaos.victims import Scene, staged
from sync_pipeline_tests.end_to_end.kinds import GIVING, streams_of_every_kind


@pytest.fixture
def scene(tmp_path: Path, sqlite_url: str) -> Iterator[Scene]:
    """60 users and nothing synced yet, SQLite."""
    with staged(tmp_path, sqlite_url) as made:
        yield made


@pytest.fixture
def scene_on(tmp_path: Path, each_database_url: str) -> Iterator[Scene]:
    """The same, once on each kind of database."""
    with staged(tmp_path, each_database_url) as made:
        yield made


@pytest.fixture
def every_kind_on(tmp_path: Path, each_database_url: str) -> Iterator[Scene]:
    """VOMO with hours and forms, and a giving platform; once on each kind of database."""
    sizes = {"projects": 3, "dates_per_project": 2, "participations_per_date": 4, "forms": 1, "completions": 6}
    with staged(tmp_path, each_database_url, users=30, **sizes) as scene:
        scene.world.add_giving_organization(GIVING, donations=20, seed=5)
        scene.configure(**streams_of_every_kind(scene.folder, scene.url))
        yield scene
