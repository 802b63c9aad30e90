"""Death at hundreds of boundaries in this process, without the second that another process costs."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from sync_pipeline_tests.chaos.books import Findings, compare_books
from sync_pipeline_tests.chaos.boundaries import COMMIT, OFTEN, STATEMENT
from sync_pipeline_tests.chaos.changing import ChangingSources
from sync_pipeline_tests.chaos.invariants import broken
from sync_pipeline_tests.chaos.lives import ANY_BOUNDARY, APPLYING, OF_A_STEP, READING, Lives
from sync_pipeline_tests.chaos.place import DONATIONS, SIZES, USERS
from sync_pipeline_tests.end_to_end.deployment import Deployment, deployed
from sync_pipeline_tests.end_to_end.kinds import GIVING, morning, streams_of_every_kind

DEATHS = 60
APPLIED_A_DAY = 15
STREAMS = {"users", "projects", "participations", "completions", "donations"}
DEATHS_WHILE_APPLYING = ((12, frozenset(OFTEN)), (20, OF_A_STEP), (30, ANY_BOUNDARY))
FAULTS = ("cut_after", "status_after", "cut_before")


@pytest.fixture
def small(tmp_path: Path, each_database_url: str) -> Iterator[Deployment]:
    with deployed(tmp_path, each_database_url, USERS, **SIZES) as deployment:
        deployment.world.add_giving_organization(GIVING, donations=DONATIONS, seed=5)
        deployment.configure(**streams_of_every_kind(deployment.folder, deployment.url))
        deployment.configure(destination={"batch": {"max": 5}, "settle_seconds": 1})
        yield deployment


def test_whoever_starts_over_after_any_boundary_loses_nothing_and_does_nothing_twice(small: Deployment) -> None:
    random, lives, findings = Random(2), Lives(small), Findings()  # noqa: S311 - a repeatable draw is the purpose
    sources = ChangingSources(small.world, random)
    while lives.deaths.total() < DEATHS:
        sources.a_day(small.clock.now())
        kind = random.choice(FAULTS)
        small.world.add_fault(side="virtuous", method="POST", path="/api/", kind=kind, every=4, times=3)
        lives.live(random.randint(1, 60), among=random.choice((ANY_BOUNDARY, OF_A_STEP)))
        lives.live(stages=READING)
        for _ in range(APPLIED_A_DAY):
            most, among = random.choice(DEATHS_WHILE_APPLYING)
            lives.live(random.randint(1, most), among=among, stages=APPLYING)
            findings.unsound += broken(small.workplace.state.database.engine, small.world, done=False)
        small.world.clear_faults()
        morning(small)
        small.clock.advance(hours=20)
    for _ in range(5):  # what hangs on people waits for an import, and may wait for another one
        assert lives.live()
        morning(small)
        small.clock.advance(hours=20)
    compare_books(small.world, small.workplace.state.database.engine, STREAMS, findings)
    assert findings.all == []
    assert {STATEMENT, COMMIT, "before send", "after send"} <= lives.deaths.keys()
