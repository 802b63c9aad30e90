"""A few seeds of `make chaos`: what a thousand of them show is in docs/proof.md."""

from pathlib import Path

import pytest

from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.seeds import play, sqlite_copies

pytestmark = pytest.mark.chaos

SEEDS = range(1, 7)


def test_killed_processes_lose_nothing_and_do_nothing_twice(tmp_path: Path, sqlite_file: Path) -> None:
    with Nursery() as nursery, sqlite_copies(sqlite_file) as databases:
        outcomes = []
        for seed in SEEDS:
            (folder := tmp_path / str(seed)).mkdir()
            outcomes.append(play(folder, databases(folder), nursery, seed))
    wrong = {outcome.seed: outcome.findings for outcome in outcomes if outcome.findings.any}
    assert wrong == {}
    assert sum(outcome.kills for outcome in outcomes) >= 2 * len(outcomes)
    assert sum(outcome.resolved for outcome in outcomes) > 0
