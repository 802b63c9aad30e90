"""A sandbox that survives, and processes that do not."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.chaos.forked import ForkedNight
from sync_pipeline_tests.end_to_end.deployment import (
    CUSTOMER,
    VIRTUOUS,
    VOMO,
    customer_file,
    merged,
    secret,
    write_yaml,
)
from sync_pipeline_tests.end_to_end.expectations import assert_delivered

REPOSITORY = Path(__file__).parents[2]
RUN = (str(Path(sys.executable).with_name("sync-pipeline")), "run", CUSTOMER, "--json")
PATIENCE_SECONDS = 60
Reached = Callable[[], bool]


class Victim:
    """A process that runs a night of the customer, sooner or later to be killed."""

    def __init__(self, process: subprocess.Popen[str] | ForkedNight) -> None:
        self.process = process

    def kill_when(self, condition: Reached) -> bool:
        """SIGKILL as soon as the condition holds; False when the process ended by itself before."""
        killed = self.signal_when(condition, signal.SIGKILL)
        self.process.communicate()
        return killed

    def signal_when(self, condition: Reached, number: signal.Signals) -> bool:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            if condition():
                self.process.send_signal(number)
                return True
            assert time.monotonic() < give_up_at, "the night never came to the moment it was to be killed at"
            threading.Event().wait(0.001)
        return False

    def kill_after(self, seconds: float) -> bool:
        """SIGKILL after a while; False when the process ended by itself before."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return True
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> tuple[int, dict[str, Any]]:
        """The exit code, and the JSON document it printed, if any."""
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.wait(), json.loads(said) if said else {}


@dataclass
class Scene:
    """A customer, the sandbox it is synced with, and what to look at afterwards."""

    world: World
    environment: dict[str, str]
    log: Path
    settings: dict[str, Any]
    url: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def configure(self, **changes: Any) -> None:
        """Change the customer's file: `destination={...}` and the like are merged into what is there."""
        self.settings = merged(self.settings, changes)
        write_yaml(Path(self.environment["SYNC_CUSTOMERS"]) / f"{CUSTOMER}.yaml", self.settings)

    def add_customer(self, customer_id: str, users: int, *, token: str | None = None) -> None:
        """Another customer with VOMO users of its own; its organization is that of the token, or one of its own."""
        if token is None:
            self.world.add_organization(token := f"{customer_id}-virtuous")
        self.world.add_vomo_organization(f"{customer_id}-vomo", users=users)
        self.write_customer(customer_id, token)

    def write_customer(self, customer_id: str, token: str) -> None:
        """Its file, with whatever else is configured for the first customer."""
        customers = Path(self.environment["SYNC_CUSTOMERS"])
        vomo = {"token": secret(customers.parent, f"{customer_id}-vomo"), "reference_source": customer_id}
        changes = {
            "id": customer_id,
            "destination": {"token": secret(customers.parent, token)},
            "sources": {"vomo": vomo},
        }
        write_yaml(customers / f"{customer_id}.yaml", merged(self.settings, changes))

    def night(self, customer_id: str = CUSTOMER) -> Victim:
        """A night that has begun."""
        said = self.folder / f"said-{next(self._numbers)}.json"
        return Victim(ForkedNight(customer_id, self.environment, self.log, said))

    def command(self, *words: str) -> Victim:
        """`sync-pipeline run` (or these words), as a person starts it."""
        with self.log.open("ab") as errors:
            process = subprocess.Popen(
                words or RUN,
                cwd=REPOSITORY,
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        return Victim(process)

    @property
    def folder(self) -> Path:
        return self.log.parent

    def finish(self) -> dict[str, Any]:
        """Nights until one leaves nothing; answers its report."""
        left: list[tuple[int, dict[str, Any]]] = []
        while len(left) < 10:
            code, report = self.night().end()
            if code == 0:
                return report
            left.append((code, report))
        raise AssertionError(f"ten nights in a row left something; the last one: {left[-1]}")

    def books(self) -> dict[str, Any]:
        return self.world.books(VIRTUOUS)

    def after_requests(self, token: str, name: str, number: int) -> Reached:
        """A moment: the organization of this token has got so many more requests of this kind than now."""

        def count() -> int:
            return self.world.books(token)["requests"].get(name, 0)

        before = count()
        return lambda: count() >= before + number

    def wait_until_idle(self) -> None:
        """Until the sandbox has answered everything, also what nobody waits for any more."""
        while sum(self.books()["answers"].values()) < sum(self.books()["requests"].values()):
            threading.Event().wait(0.02)

    def state(self) -> tuple[dict[str, int], str | None]:
        """Operations by state, and the checkpoint of the users."""
        workplace = Workplace(load_settings(self.environment))
        try:
            position = workplace.state.positions.position(CUSTOMER, "vomo", "users")
            checkpoint = None if position.checkpoint is None else position.checkpoint.isoformat()
            return workplace.state.ledger_counts(CUSTOMER), checkpoint
        finally:
            workplace.close()

    def assert_nothing_lost_and_nothing_twice(self) -> None:
        assert_delivered(self.world, VIRTUOUS, VOMO)
        books = self.books()
        assert (books["duplicates"], books["out_of_order"], books["held"]) == (0, 0, 0)
        users = self.world.vomo_users(VOMO)
        assert books["contacts"] == len(users)
        ledger, checkpoint = self.state()
        assert set(ledger) <= {"accepted", "superseded"}
        assert checkpoint == max(user["updated_at"] for user in users)


@contextmanager
def staged(folder: Path, database_url: str, users: int = 60, **vomo: Any) -> Iterator[Scene]:
    """A scene with this many users in batches of ten; further words are those of `World.add_vomo_organization`."""
    world = World()
    world.add_organization(VIRTUOUS)
    world.add_vomo_organization(VOMO, users=users, **vomo)
    customers = folder / "customers"
    customers.mkdir()
    environment = {
        "SYNC_HOME": str(folder / "home"),
        "DAGSTER_HOME": str(folder / "home" / "dagster"),
        "SYNC_DATABASE_URL": database_url,
        "SYNC_CUSTOMERS": str(customers),
    }
    with running_sandbox(world) as url:
        scene = Scene(world, environment, folder / "victims.log", customer_file(folder, url), url)
        scene.configure(destination={"batch": {"max": 10}, "settle_seconds": 1})
        yield scene
