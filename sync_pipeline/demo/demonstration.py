"""The demonstration from beginning to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sync_pipeline.demo import nights as played
from sync_pipeline.demo.comparison import Comparison, compared
from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.evidence import gathered
from sync_pipeline.demo.nights import Night, Nights, RunCustomer
from sync_pipeline.demo.place import (
    LOG,
    confirm_nobody_else_is_written_to,
    fleet_at,
    fresh_home,
    logs_in,
    sandbox_on_a_free_port,
    settings_of,
)
from sync_pipeline.sandbox.world import World

HOME = "demo"


@dataclass(frozen=True, slots=True)
class Place:
    """`taken_port`: the port that belongs to the demonstration and was taken by somebody else."""

    url: str
    home: Path
    fleet: Path
    taken_port: int | None

    @property
    def log(self) -> Path:
        return self.home / LOG


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was shown, and everything that was not as it should be."""

    place: Place
    nights: list[Night]
    comparisons: list[Comparison]

    @property
    def differences(self) -> list[Difference]:
        found = [difference for comparison in self.comparisons for difference in comparison.differences]
        return [*found, *_faults_that_did_not_happen(self.nights)]


class Watcher(played.Watcher, Protocol):
    """Is told what happens, as it happens."""

    def begins(self, place: Place) -> None: ...


def demonstrate(
    world: World, ports: Sequence[int], parent: Path, run_customer: RunCustomer, watcher: Watcher
) -> Demonstration:
    """Play the nights on `world` and compare. The home is a folder in `parent`, emptied first.

    On the first of `ports` it is `parent/demo`; a demonstration on another port has a home of its own, because
    somebody may be at work in the first one.

    Raises:
        ConfigurationError: no port is free, the home is not ours, or the fleet does not point to the sandbox.
    """
    with sandbox_on_a_free_port(world, ports) as (url, taken):
        home = parent / (HOME if not taken else f"{HOME}-{ports[taken]}")
        fresh_home(home)
        place = Place(url, home, fleet_at(url, home), ports[0] if taken else None)
        customers = customers_of(world)
        confirm_nobody_else_is_written_to(place.fleet, customers, url)
        watcher.begins(place)
        with settings_of(home, place.fleet), logs_in(place.log):
            nights = Nights(world, customers, run_customer, watcher)
            shown = nights.play()
            comparisons = [
                compared(gathered(world, _runs(shown, customer_id), nights.sources[customer_id]))
                for customer_id in customers
            ]
    return Demonstration(place, shown, comparisons)


def customers_of(world: World) -> list[str]:
    """The customers whose accounts are in `world`, the smallest first."""
    users = {
        token.removeprefix("demo-").removesuffix("-vomo"): len(organization.users)
        for token, organization in world.vomo.items()
    }
    return sorted(users, key=lambda customer_id: users[customer_id])


def _runs(nights: Sequence[Night], customer_id: str) -> list[played.CustomerNight]:
    return [ran for night in nights for ran in night.customers if ran.customer_id == customer_id]


def _faults_that_did_not_happen(nights: Sequence[Night]) -> list[Difference]:
    """A demonstration that shows less than it says has failed too."""
    return [
        Difference(
            suffered.trouble.customer_id,
            f"night {night.number}: the fault `{suffered.trouble.words}` ({suffered.trouble.side}) "
            f"happened {suffered.times} times",
        )
        for night in nights
        for suffered in night.suffered
        if not suffered.as_planned
    ]
