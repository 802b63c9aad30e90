"""The three nights: what happens at the sources before, what is run, and the import in the morning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sync_pipeline.demo.people import People
from sync_pipeline.demo.trouble import Suffered, arm, disarm, troubles
from sync_pipeline.sandbox.world import World

CHANGED_SHARE = 0.01
CHANGE_SEED = 3
FIRST_NIGHT, QUIET_NIGHT, BAD_NIGHT = range(3)
TITLES = (
    "everybody is new",
    "nothing changed",
    "1 % changed, and both sides fail on purpose",
)

RunCustomer = Callable[[str], tuple[Mapping[str, Any], int]]
"""Runs one customer as `sync-pipeline run` does; answers the run's document and the exit code."""


@dataclass(frozen=True, slots=True)
class CustomerNight:
    """One customer's run. `imported`: what Virtuous' own import did in the morning."""

    customer_id: str
    source_users: int
    report: Mapping[str, Any]
    exit_code: int
    imported: Mapping[str, int]

    def count(self, name: str) -> int:
        """A number of the run's report; 0 when the run left none."""
        return int(self.report.get(name, 0))

    @property
    def requests(self) -> dict[str, int]:
        """Requests to Virtuous by endpoint."""
        return dict(self.report.get("requests", {}))

    @property
    def writes(self) -> int:
        return sum(count for endpoint, count in self.requests.items() if not endpoint.startswith("GET "))

    @property
    def failure(self) -> str:
        """Why the run failed, in one line; empty when it did not."""
        return str(self.report.get("error", {}).get("message", "")).partition("\n")[0]

    @property
    def dead_letters(self) -> list[Mapping[str, Any]]:
        return list(self.report.get("failure_details", []))


@dataclass(frozen=True, slots=True)
class Night:
    number: int
    title: str
    customers: list[CustomerNight]
    suffered: list[Suffered] = field(default_factory=list)


class Watcher(Protocol):
    """Is told what happens, as it happens."""

    def night_begins(self, number: int, title: str, customers: Sequence[str]) -> None: ...

    def customer_begins(self, customer_id: str, users: int) -> None: ...

    def customer_ended(self, night: CustomerNight) -> None: ...

    def night_ended(self, night: Night) -> None: ...


@dataclass(slots=True)
class Nights:
    """Plays the nights one by one on `world`; `people` remembers what every source looked like.

    `customers` are ordered from small to large.
    """

    world: World
    customers: Sequence[str]
    run_customer: RunCustomer
    watcher: Watcher
    people: dict[str, People] = field(default_factory=dict)

    def play(self) -> list[Night]:
        self.people |= {customer_id: People() for customer_id in self.customers}
        return [self._night(night) for night in range(len(TITLES))]

    def _night(self, night: int) -> Night:
        self.watcher.night_begins(night + 1, TITLES[night], self.customers)
        planned = troubles(self.customers) if night == BAD_NIGHT else []
        if night == BAD_NIGHT:
            self._change_the_sources()
            arm(self.world, planned)
        ran = [self._run(customer_id) for customer_id in self.customers]
        played = Night(night + 1, TITLES[night], ran, disarm(self.world, planned))
        self.watcher.night_ended(played)
        return played

    def _run(self, customer_id: str) -> CustomerNight:
        users = self.world.vomo_users(vomo_token(customer_id))
        self.people[customer_id].note(users)
        self.watcher.customer_begins(customer_id, len(users))
        report, code = self.run_customer(customer_id)
        imported = self.world.run_import(virtuous_token(customer_id))
        ran = CustomerNight(customer_id, len(users), report, code, imported)
        self.watcher.customer_ended(ran)
        return ran

    def _change_the_sources(self) -> None:
        """Some people change, one comes; to the second largest customer comes one more, whom Virtuous has to refuse."""
        chosen = self.customers[max(0, len(self.customers) - 2)]
        for customer_id in self.customers:
            token = vomo_token(customer_id)
            added = 2 if customer_id == chosen else 1
            touched = self.world.change_vomo(token, share=CHANGED_SHARE, seed=CHANGE_SEED, add=added)
            if customer_id == chosen:
                self.world.edit_vomo_user(token, touched["added"][-1], last_name=None)


def vomo_token(customer_id: str) -> str:
    return f"demo-{customer_id}-vomo"


def virtuous_token(customer_id: str) -> str:
    return f"demo-{customer_id}-virtuous"
