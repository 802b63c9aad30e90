from pathlib import Path

import pytest

from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.ports import SnapshotStore


@pytest.fixture
def name() -> StreamName:
    return StreamName("riverside-food-bank", "users")


@pytest.fixture
def folder(tmp_path: Path, name: StreamName) -> Path:
    """Where the files of `name` live."""
    return tmp_path / "data" / f"customer={name.customer_id}" / f"stream={name.stream}"


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return ParquetStore(tmp_path / "data", memory_limit_mb=200, threads=1)
