"""Fixtures of the stages' tests."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_pipeline_tests.stages.reading_support import Nights, Open


@pytest.fixture
def opened(tmp_path: Path, sqlite_url: str) -> Iterator[Open]:
    """Opens the nights of one customer; the stores are closed afterwards."""
    nights: list[Nights] = []

    def open_nights(
        streams: Mapping[str, Any], answer: Callable[[httpx.Request], httpx.Response], **more: Any
    ) -> Nights:
        nights.append(Nights(tmp_path / "data", sqlite_url, streams, answer, **more))
        return nights[-1]

    yield open_nights
    for one in nights:
        one.state.close()
