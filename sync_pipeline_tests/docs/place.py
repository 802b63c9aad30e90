"""A deployment as the pages of the playbook know it: in the current folder, beside a sandbox, on a clock of its own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sync_pipeline.orchestration.dagster_trouble import look_at_dagster
from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.orchestration.watching import look_and_tell
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.end_to_end.deployment import TickingClock, merged, write_yaml
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.orchestration.nights import Nights

CUSTOMER = "riverside-food-bank"
OTHERS = ("harbor-shelter", "maple-street-library")
USERS = 40
NEXT_NIGHT = 23
"""Hours from the beginning of a test to the moment of the next slot; within a day, or checkpoints would be stale."""


@dataclass
class Place:
    """Customers whose VOMO users become Virtuous contacts; nothing is synced yet. Their last slot was an hour ago."""

    folder: Path
    clock: TickingClock
    world: World
    url: str

    def add_customer(self, customer_id: str) -> None:
        """A file, its tokens, and their organizations on both sides."""
        self.add_organizations(customer_id)
        self.add_file(customer_id)

    def add_organizations(self, customer_id: str) -> None:
        self.world.add_organization(virtuous(customer_id), name=customer_id.replace("-", " ").title())
        self.world.add_vomo_organization(vomo(customer_id), users=USERS, seed=len(customer_id))

    def add_file(self, customer_id: str) -> None:
        for token in (virtuous(customer_id), vomo(customer_id)):
            file = self.folder / "customers/secrets" / f"{token}.token"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(token, encoding="utf-8")
        write_yaml(self.file(customer_id), customer_file(customer_id, self.url))

    def file(self, customer_id: str = CUSTOMER) -> Path:
        return self.folder / "customers" / f"{customer_id}.yaml"

    def configure(self, **changes: Any) -> None:
        document: Mapping[str, Any] = YAML(typ="safe").load(self.file())
        write_yaml(self.file(), merged(document, changes))

    @contextmanager
    def workplace(self) -> Iterator[Workplace]:
        opened = Workplace()
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def daemon(self) -> Iterator[Nights]:
        """Dagster's daemon, as far as a test needs one."""
        with self.workplace() as opened, opened_instance(opened) as instance:
            yield Nights(instance, self.clock)

    def look(self) -> list[str]:
        """What `check_alerts` does; answers the names of the problems there are now."""
        with self.workplace() as opened, opened_instance(opened) as instance:
            look_and_tell(opened, look_at_dagster(instance, ()))
            return sorted({subject.name for subject in opened.state.alerts.open_alerts()})

    def fail(self, side: str, kind: str, **fault: Any) -> None:
        self.world.add_fault(side=side, kind=kind, **fault)

    def mend(self) -> None:
        self.world.clear_faults()

    def assert_delivered(self, customer_id: str = CUSTOMER) -> None:
        """Everybody is in Virtuous with today's values, once."""
        assert_delivered(self.world, virtuous(customer_id), vomo(customer_id))


def virtuous(customer_id: str = CUSTOMER) -> str:
    return f"{customer_id}.virtuous"


def vomo(customer_id: str = CUSTOMER) -> str:
    return f"{customer_id}.vomo"


def customer_file(customer_id: str, url: str) -> dict[str, Any]:
    return {
        "id": customer_id,
        "name": customer_id.replace("-", " ").title(),
        "timezone": "America/Chicago",
        "destination": {"base_url": url, "token": f"file:secrets/{virtuous(customer_id)}.token", "settle_seconds": 2},
        "sources": {
            "vomo": {
                "connector": "vomo",
                "base_url": f"{url}/vomo/v1",
                "token": f"file:secrets/{vomo(customer_id)}.token",
                "reference_source": "VOMO",
            }
        },
        "streams": {"users": {"source": "vomo", "recipe": "vomo_users_to_contacts"}},
        "schedule": {"nightly": "23:00"},
    }


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """One customer, in the current folder; the environment says nothing but where Dagster lives."""
    clock = TickingClock()
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SYNC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / ".sync/dagster"))
    monkeypatch.setattr("sync_pipeline.workplace.SystemClock", lambda: clock)
    world = World(clock=lambda: clock.now().timestamp())
    with running_sandbox(world) as url:
        made = Place(tmp_path, clock, world, url)
        made.add_customer(CUSTOMER)
        yield made
