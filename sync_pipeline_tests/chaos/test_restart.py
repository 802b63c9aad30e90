"""Daemon, code server and runs killed in the middle of a small fleet's night: afterwards everybody had it once."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from sync_pipeline.domain.run import Layer, Run
from sync_pipeline_tests.chaos.restart.deaths import Death, drawn, play
from sync_pipeline_tests.chaos.restart.fleet import fleet
from sync_pipeline_tests.chaos.restart.machinery import Kind, Machinery
from sync_pipeline_tests.chaos.restart.organizations import organizations
from sync_pipeline_tests.chaos.restart.verdict import judge

pytestmark = pytest.mark.chaos

PATIENCE_SECONDS = 600
CUSTOMERS = 3
ANSWER_MS = 800
"""So slow that all of them are at work at once."""


@pytest.fixture(autouse=True)
def dagster_home_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))


@pytest.mark.fleet
def test_after_restarts_every_customer_had_its_night_once(tmp_path: Path) -> None:
    """The deaths hit whoever is at work: what dies before it began is found after minutes, too long for a test."""
    deaths = [Death(Kind.EVERYTHING, CUSTOMERS), Death(Kind.WRITER, CUSTOMERS + 1)]
    with organizations(CUSTOMERS, 1, ANSWER_MS) as url, fleet(tmp_path, url, CUSTOMERS, registered=True) as night:
        machinery = Machinery(night.environment, tmp_path / "daemon.log")
        killed = list(play(night, machinery, deaths, Random(1), PATIENCE_SECONDS))  # noqa: S311 - repeatable
        verdict = judge(night, url)
        slices = night.slices()
    assert verdict.failed == {}
    assert killed == [Kind.EVERYTHING, Kind.WRITER]
    assert sum(slices.values()) > CUSTOMERS + 1
    assert not machinery.end(), "somebody was left behind"


def test_what_was_not_done_is_told_by_customer(tmp_path: Path) -> None:
    with organizations(2, seed=1) as url, fleet(tmp_path, url, 2) as night:
        verdict = judge(night, url)
    assert sorted(verdict.missing) == ["customer-00", "customer-01"]
    assert "lacks VOMO/1" in verdict.failed["customer-00"][1]


def test_a_customer_with_two_nights_and_one_still_at_work_is_told(tmp_path: Path) -> None:
    with organizations(1, seed=1) as url, fleet(tmp_path, url, 1) as night:
        (name,) = night.names
        for run_id in ("one", "another"):
            run = Run(name, run_id, Layer.INITIAL, "2026-11-26")
            with night.workplace.stage(night.workplace.customer(name), run, run_id):
                pass
        verdict = judge(night, url)
    assert verdict.twice == {name: ["its nights: ['failed', 'running']"]}
    assert verdict.left_in_flight == {name: ["is held", "has a run that is not over"]}


def test_every_kind_of_death_is_drawn_and_a_seed_draws_the_same_again() -> None:
    deaths = drawn(Random(7), customers=50, kills=12)  # noqa: S311 - repeatable
    assert deaths == drawn(Random(7), customers=50, kills=12)  # noqa: S311 - repeatable
    assert set(Counter(death.kind for death in deaths).values()) == {2}
    assert [death.after_slices for death in deaths] == sorted(death.after_slices for death in deaths)
