"""Where a seed is played: a sandbox, a state store, a clock, and processes that do not live long."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from typing import Any

from sync_pipeline.adapters.sql.database import create_engine_for
from sync_pipeline.domain.lease import LEASE_SECONDS
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.chaos.books import Findings, Ledger
from sync_pipeline_tests.chaos.clock import SharedClock
from sync_pipeline_tests.chaos.invariants import DoubtFirst, broken
from sync_pipeline_tests.chaos.mortal import Job
from sync_pipeline_tests.chaos.nursery import STOPPED, Mortal, Nursery
from sync_pipeline_tests.chaos.scenario import (
    A_NIGHT_SECONDS,
    DUE,
    Ending,
    FullDisk,
    Killed,
    Moment,
    Restart,
    Scenario,
    Stopped,
    TwoWriters,
    Wish,
)
from sync_pipeline_tests.chaos.stores import Stores
from sync_pipeline_tests.chaos.swapping import Swap
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, customer_file, merged, write_yaml
from sync_pipeline_tests.end_to_end.kinds import GIVING, streams_of_every_kind

LONGEST_LIFE_SECONDS = 60
UNTIL_DOUBT_IS_JUDGED_SECONDS = 600  # longer than a request and the longest `settle_seconds` that is drawn
USERS, DONATIONS = 10, 8
SIZES: dict[str, Any] = {
    "projects": 2,
    "dates_per_project": 2,
    "participations_per_date": 2,
    "forms": 1,
    "completions": 4,
}


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


class Place:
    """One seed's own; `outcome` counts what happened here."""

    def __init__(
        self, folder: Path, stores: Stores, nursery: Nursery, scenario: Scenario, seed: int, swap: Swap | None
    ) -> None:
        self.scenario = scenario
        self.clock = SharedClock(folder / "clock")
        self.world = World(clock=self.clock.unix)
        database_url = stores.url(folder)
        self.engine = create_engine_for(database_url)
        self.outcome = Outcome(seed)
        self._swap = swap
        self._wish = DUE
        self._stores = stores
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

    def live(self, ending: Ending, wish: Wish = DUE) -> int:
        """One process from its start to its end, whatever that is, or two; answers what the last one ended with."""
        self._wish = wish
        match ending:
            case FullDisk(largest_file):
                return self._end(self._start(largest_file=largest_file))
            case Restart(seconds):
                mortal = self._start()
                threading.Event().wait(seconds)
                self._stores.restart()
                return self._end(mortal)
            case TwoWriters(first, second, seconds):
                mortal = self._start(first.boundary)
                threading.Event().wait(seconds)
                self._end(self._start(second.boundary), second.seconds, alone=False)
                return self._end(mortal, first.seconds, alone=False)
            case Stopped():
                return self._stopped(ending)
            case Killed():
                return self._killed(ending)

    def _killed(self, ending: Killed) -> int:
        doubt = DoubtFirst(self.engine)
        code = self._end(self._start(ending.boundary), ending.seconds)
        if not self.world.fault_report():
            self.outcome.findings.unsound += doubt.broken()
        return code

    def _stopped(self, ending: Stopped) -> int:
        mortal = self._start(ending.boundary, SIGSTOP)
        code = self._wait(mortal)
        if code != STOPPED:
            return code
        self.clock.leap(LEASE_SECONDS + 1)
        other = self._start(ending.second.boundary)
        if ending.until_done:
            self._ended(self._wait(other), alone=False)
            self.clock.leap(UNTIL_DOUBT_IS_JUDGED_SECONDS)
            other = self._start(ending.second.boundary)
            code = self._wait(other)
        else:
            threading.Event().wait(ending.second.seconds or A_NIGHT_SECONDS / 2)
        mortal.signal(SIGCONT)
        self._end(mortal, alone=ending.until_done)
        return self._ended(code) if ending.until_done else self._end(other)

    def _start(
        self, boundary: Moment | None = None, number: int = SIGKILL, *, largest_file: int | None = None
    ) -> Mortal:
        self.outcome.nights += 1
        return self._nursery.start(
            Job(
                environment=self._environment,
                clock=str(self._folder / "clock"),
                report=str(self._folder / f"report-{self.outcome.nights}.json"),
                log=str(self._folder / f"log-{self.outcome.nights}"),
                layer=self._wish.layer,
                slot=self._wish.slot,
                signal_at=boundary,
                number=number,
                largest_file=largest_file,
                swap=self._swap,
            )
        )

    def _end(self, mortal: Mortal, seconds: float | None = None, *, alone: bool = True) -> int:
        if seconds is not None:
            threading.Event().wait(seconds)
            mortal.signal(SIGKILL)
        return self._ended(self._wait(mortal), alone=alone)

    def _wait(self, mortal: Mortal) -> int:
        """What never ends by itself is ended, and told."""
        overdue = threading.Event()

        def end() -> None:
            overdue.set()
            mortal.signal(SIGTERM)

        timer = threading.Timer(LONGEST_LIFE_SECONDS, end)
        timer.start()
        code = mortal.wait()
        timer.cancel()
        if overdue.is_set():
            self.outcome.findings.unsound.append(f"a process did not end within {LONGEST_LIFE_SECONDS} s")
        return code

    def _ended(self, code: int, *, alone: bool = True) -> int:
        """`alone`: no other process can have begun another night before this one was seen to end."""
        if code == -SIGKILL:
            self.outcome.kills += 1
            self.outcome.doubted |= Ledger(self.engine).in_doubt()
        self.outcome.findings.unsound += broken(self.engine, self.world, done=alone and code == 0)
        return code

    def close(self) -> None:
        self.engine.dispose()
        self.clock.close()
