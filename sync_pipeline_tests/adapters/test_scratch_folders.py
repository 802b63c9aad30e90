"""Folders of a plan: gone with it, and after a while also when it was killed."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_pipeline.adapters.scratch_folders import left_scratch_folders, remove_scratch_folders, scratch_folder


def test_what_a_killed_plan_left_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    now = datetime.now(UTC)
    for name in ("sync-plan-left", "of-somebody-else"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "records.parquet").write_bytes(b"people")
        os.utime(tmp_path / name, (0, 0))
    with scratch_folder() as at_work:
        left = left_scratch_folders(now - timedelta(days=1))
        assert left == [tmp_path / "sync-plan-left"]
        remove_scratch_folders(left)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["of-somebody-else", at_work.name]
    assert not at_work.exists()
