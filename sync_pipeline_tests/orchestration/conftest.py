from collections.abc import Iterator

import dagster as dg
import pytest

from sync_pipeline_tests.sandbox_fleet import fleet, world  # noqa: F401 - fixtures


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
