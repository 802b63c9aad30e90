from pathlib import Path

import pytest

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder, valid_folder


@pytest.fixture
def folder(tmp_path: Path) -> FleetFolder:
    """A folder with the valid customer riverside, its connector and its recipe."""
    return valid_folder(tmp_path / "customers")
