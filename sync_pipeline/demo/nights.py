"""The three nights: what happens at the sources before, what is run, and the import in the morning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sync_pipeline.demo.changes import change_the_sources
from sync_pipeline.demo.sources import Sources, virtuous_token
from sync_pipeline.demo.trouble import Suffered, arm, disarm, troubles
from sync_pipeline.sandbox.world import World

FIRST_NIGHT, QUIET_NIGHT, BAD_NIGHT = range(3)
TITLES = (
    "everybody is new; hours and notes have to wait for the import",
    "nothing changed, and what waited goes on by itself",
    "people and hours changed, one left, a gift was refunded, and all sides fail on purpose",
)
RunCustomer = Callable[[str], tuple[Mapping[str, Any], int]]
"""Runs one customer as `sync-pipeline run` does; answers the run's document and the exit code."""


@dataclass(frozen=True, slots=True)
class CustomerNight:
    """One customer's run. `imported`: what Virtuous' own import did in the morning.

    `repeats`: how many rows Virtuous says it was sent twice.
    """

    customer_id: str
    source_users: int
    source_records: int
    report: Mapping[str, Any]
    exit_code: int
    imported: Mapping[str, int]
    repeats: int

    def count(self, name: str) -> int:
        """A number of the run's report; 0 when the run left none."""
        return int(self.report.get(name, 0))

    @property
    def requests(self) -> dict[str, int]:
        """Requests to Virtuous by endpoint."""
        return dict(self.report.get("requests", {}))

    @property
    def writes(self) -> dict[str, int]:
        """Requests that change something, by endpoint."""
        return {endpoint: count for endpoint, count in self.requests.items() if is_write(endpoint)}

    @property
    def failure(self) -> str:
        """Why the run failed, in one line; empty when it did not."""
        return str(self.report.get("error", {}).get("message", "")).partition("\n")[0]

    @property
    def dead_letters(self) -> list[Mapping[str, Any]]:
        return list(self.report.get("failure_details", []))


def is_write(endpoint: str) -> bool:
    """Queries are questions that travel as POST."""
    return not endpoint.startswith("GET ") and "/Query" not in endpoint


@dataclass(frozen=True, slots=True)
class Night:
    number: int
    title: str
    customers: list[CustomerNight]
    suffered: list[Suffered] = field(default_factory=list)


class Watcher(Protocol):
    """Is told what happens, as it happens."""

    def night_begins(self, number: int, title: str, customers: Sequence[str]) -> None: ...

    def customer_begins(self, customer_id: str, records: int) -> None: ...

    def customer_ended(self, night: CustomerNight) -> None: ...

    def night_ended(self, night: Night) -> None: ...


@dataclass(slots=True)
class Nights:
    """Plays the nights one by one on `world`; `sources` remembers what every source looked like.

    `customers` are ordered from small to large.
    """

    world: World
    customers: Sequence[str]
    run_customer: RunCustomer
    watcher: Watcher
    sources: dict[str, Sources] = field(default_factory=dict)

    def play(self) -> list[Night]:
        self.sources |= {customer_id: Sources(customer_id) for customer_id in self.customers}
        return [self._night(night) for night in range(len(TITLES))]

    def _night(self, night: int) -> Night:
        self.watcher.night_begins(night + 1, TITLES[night], self.customers)
        planned = troubles(self.world, self.customers) if night == BAD_NIGHT else []
        if night == BAD_NIGHT:
            change_the_sources(self.world, self.customers)
            arm(self.world, planned)
        ran = [self._run(customer_id) for customer_id in self.customers]
        played = Night(night + 1, TITLES[night], ran, disarm(self.world, planned))
        self.watcher.night_ended(played)
        return played

    def _run(self, customer_id: str) -> CustomerNight:
        sources, before = self.sources[customer_id], self._repeats(customer_id)
        sources.note(self.world)
        self.watcher.customer_begins(customer_id, sources.size)
        report, code = self.run_customer(customer_id)
        imported = self.world.run_import(virtuous_token(customer_id))
        ran = CustomerNight(
            customer_id=customer_id,
            source_users=len(sources.users.now),
            source_records=sources.size,
            report=report,
            exit_code=code,
            imported=imported,
            repeats=self._repeats(customer_id) - before,
        )
        self.watcher.customer_ended(ran)
        return ran

    def _repeats(self, customer_id: str) -> int:
        books = self.world.books(virtuous_token(customer_id))
        return int(books["repeats"]) + sum(gift["repeats"] for gift in books["gifts"].values())
