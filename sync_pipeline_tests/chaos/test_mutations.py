"""A proof that cannot fail proves nothing; `make chaos-mutations` swaps every two steps."""

from pathlib import Path

import pytest

from sync_pipeline_tests.chaos.mutations import judged
from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.stores import opened_stores

pytestmark = pytest.mark.chaos


def test_sending_before_the_ledger_says_so_is_caught(tmp_path: Path) -> None:
    with Nursery() as nursery, opened_stores("sqlite", tmp_path) as stores:
        verdict, _ = judged(tmp_path, stores, nursery, ("mark sending", "send"), tries=3)
    assert verdict.startswith("caught")
