import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sync_pipeline.cli.main import run
from sync_pipeline_tests.adapters.configuration.folder import FleetFolder, valid_folder
from sync_pipeline_tests.sandbox_fleet import fleet, world

__all__ = ["fleet", "world"]  # fixtures of the tests below this folder


@dataclass(frozen=True)
class Printed:
    """What one command line left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as one JSON document; anything before or after it is an error."""
        return json.loads(self.out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FleetFolder:
    """The configured fleet: the valid customer riverside, whose secrets are there."""
    fleet_folder = valid_folder(tmp_path / "customers")
    fleet_folder.write("secrets/people.token", "sk-people-0123")
    monkeypatch.setenv("SYNC_CUSTOMERS", str(fleet_folder.path))
    monkeypatch.setenv("RIVERSIDE_VIRTUOUS_TOKEN", "sk-virtuous-0123")
    monkeypatch.delenv("SYNC_REGION", raising=False)
    monkeypatch.chdir(tmp_path)
    return fleet_folder


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Printed]:
    """Runs one command line of sync-pipeline."""

    def run_words(*words: str) -> Printed:
        code = run(words)
        captured = capsys.readouterr()
        return Printed(code, captured.out, captured.err)

    return run_words
