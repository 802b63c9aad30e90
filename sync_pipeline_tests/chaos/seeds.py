"""One seed: troubled nights, then undisturbed ones until nothing is left, then the books."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

from sync_pipeline.adapters.sql.database import create_engine_for
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.chaos.books import Findings, Ledger, compare_books
from sync_pipeline_tests.chaos.changing import ChangingSources
from sync_pipeline_tests.chaos.clock import SharedClock
from sync_pipeline_tests.chaos.mortal import Job
from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.scenario import Ending, Scenario, TroubledNight, draw
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, customer_file, merged, write_yaml
from sync_pipeline_tests.end_to_end.kinds import GIVING, streams_of_every_kind

USERS, DONATIONS = 10, 8
SIZES: dict[str, Any] = {
    "projects": 2,
    "dates_per_project": 2,
    "participations_per_date": 2,
    "forms": 1,
    "completions": 4,
}
BETWEEN_NIGHTS_SECONDS = 20 * 3600.0
MOST_LAST_NIGHTS = 10


@dataclass
class Outcome:
    """What a seed came to."""

    seed: int
    kills: int = 0
    nights: int = 0
    doubted: set[int] = field(default_factory=set)
    unresolved: set[int] = field(default_factory=set)
    findings: Findings = field(default_factory=Findings)

    @property
    def resolved(self) -> int:
        return len(self.doubted - self.unresolved)


class Stage:
    """The place of one seed: a sandbox, a state store, a clock, and processes from the nursery."""

    def __init__(self, folder: Path, database_url: str, nursery: Nursery, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.clock = SharedClock(folder / "clock")
        self.world = World(clock=self.clock.unix)
        self.engine = create_engine_for(database_url)
        self.outcome = Outcome(seed)
        self._nursery = nursery
        self._folder = folder
        self._environment = {
            "SYNC_HOME": str(folder / "home"),
            "DAGSTER_HOME": str(folder / "home" / "dagster"),
            "SYNC_DATABASE_URL": database_url,
            "SYNC_CUSTOMERS": str(folder / "customers"),
        }

    def furnish(self, url: str) -> None:
        world, scenario = self.world, self.scenario
        (self._folder / "customers").mkdir()
        world.add_organization(VIRTUOUS, **scenario.organization)
        world.add_vomo_organization(VOMO, users=USERS, seed=self.outcome.seed, invalid=scenario.invalid, **SIZES)
        world.add_giving_organization(GIVING, donations=DONATIONS, seed=self.outcome.seed, invalid=scenario.invalid)
        every_kind = merged(customer_file(self._folder, url), streams_of_every_kind(self._folder, url))
        left_out = dict.fromkeys(every_kind["streams"].keys() - scenario.streams)
        changes = {"destination": scenario.destination, "streams": left_out}
        write_yaml(self._folder / "customers" / f"{CUSTOMER}.yaml", merged(every_kind, changes))

    def job(self, boundary: tuple[str, int] | None = None) -> Job:
        return Job(
            environment=self._environment,
            clock=str(self._folder / "clock"),
            report=str(self._folder / "report.json"),
            log=str(self._folder / "log"),
            signal_at=boundary,
        )

    def live(self, ending: Ending) -> int:
        """One process from its start to its end, whatever that is; answers what it ended with."""
        self.outcome.nights += 1
        mortal = self._nursery.start(self.job(ending.boundary))
        if ending.seconds is not None:
            threading.Event().wait(ending.seconds)
            mortal.signal(SIGKILL)
        code = mortal.wait()
        if code == -SIGKILL:
            self.outcome.kills += 1
            self.outcome.doubted |= Ledger(self.engine).in_doubt()
        return code

    def close(self) -> None:
        self.engine.dispose()
        self.clock.close()


def play(folder: Path, database_url: str, nursery: Nursery, seed: int) -> Outcome:
    scenario = draw(seed)
    stage = Stage(folder, database_url, nursery, scenario, seed)
    sources = ChangingSources(stage.world, scenario.random)
    with running_sandbox(stage.world) as url:
        stage.furnish(url)
        for night in scenario.nights:
            _troubled(stage, sources, night)
        stage.world.clear_faults()
        _finish(stage)
        stage.outcome.findings = compare_books(stage.world, stage.engine, scenario.streams)
        stage.outcome.unresolved = Ledger(stage.engine).in_doubt()
    stage.close()
    return stage.outcome


def _troubled(stage: Stage, sources: ChangingSources, night: TroubledNight) -> None:
    sources.a_day(stage.clock.now())
    for fault in night.faults:
        stage.world.add_fault(**fault)
    for ending in night.endings:
        stage.live(ending)
        sources.edit_users(1)
    stage.world.clear_faults()
    if night.imports:
        stage.world.run_import(VIRTUOUS)
    stage.clock.leap(BETWEEN_NIGHTS_SECONDS)


def _finish(stage: Stage) -> None:
    """Undisturbed nights, each before an import, until two in a row leave the ledger as it was."""
    before = None
    for _ in range(MOST_LAST_NIGHTS):
        stage.world.run_import(VIRTUOUS)
        stage.clock.leap(BETWEEN_NIGHTS_SECONDS)
        code = stage.live(Ending())
        after = Ledger(stage.engine).left_over()
        if code == 0 and (not after or after == before):
            break
        before = after
    stage.world.run_import(VIRTUOUS)


Databases = Callable[[Path], str]


@contextmanager
def sqlite_copies(migrated: Path) -> Iterator[Databases]:
    """A state store of its own for each folder: copying a migrated one is fifty times as quick as a migration."""

    def copy(folder: Path) -> str:
        return f"sqlite:///{shutil.copy(migrated, folder / 'state.db')}"

    yield copy
