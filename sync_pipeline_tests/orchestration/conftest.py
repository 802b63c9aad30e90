from collections.abc import Iterator

import dagster as dg
import pytest

from sync_pipeline_tests.sandbox_fleet import fleet, world

__all__ = ["fleet", "world"]  # fixtures of the tests below this folder


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
