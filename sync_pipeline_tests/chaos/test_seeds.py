"""A few seeds of `make chaos`: what a thousand of them show is in docs/proof.md."""

from pathlib import Path

import pytest

from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.seeds import play
from sync_pipeline_tests.chaos.stores import opened_stores

pytestmark = pytest.mark.chaos

SEEDS = {"sqlite": (8,), "postgresql": (6, 8)}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.fleet)])
def test_killed_processes_lose_nothing_and_do_nothing_twice(tmp_path: Path, database: str) -> None:
    with Nursery() as nursery, opened_stores(database, tmp_path) as stores:
        outcomes = []
        for seed in SEEDS[database]:
            (folder := tmp_path / str(seed)).mkdir()
            outcomes.append(play(folder, stores, nursery, seed))
    wrong = {outcome.seed: outcome.findings for outcome in outcomes if outcome.findings.all}
    assert wrong == {}
    assert sum(outcome.kills for outcome in outcomes) >= len(outcomes)
