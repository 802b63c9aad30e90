"""Everything the sandbox knows, with the operations that `/sandbox` offers over HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from threading import RLock
from typing import Any

import msgspec

from sync_pipeline.sandbox.faults import Fault, Faults
from sync_pipeline.sandbox.giving_world import GivingWorld
from sync_pipeline.sandbox.organizations import GivingOrganization, UnknownTokenError, VomoOrganization
from sync_pipeline.sandbox.settings import OrganizationSettings, organization_settings
from sync_pipeline.sandbox.slack_workspace import SlackWorkspace
from sync_pipeline.sandbox.slack_world import SlackWorld
from sync_pipeline.sandbox.virtuous_organization import VirtuousOrganization
from sync_pipeline.sandbox.virtuous_world import VirtuousWorld
from sync_pipeline.sandbox.vomo_world import VomoWorld

DEMO_CUSTOMERS = {"riverside-food-bank": 2500, "harbor-shelter": 400, "maple-street-library": 45}
DEMO_PROJECTS: dict[str, dict[str, Any]] = {
    "harbor-shelter": {
        "projects": 4,
        "dates_per_project": 4,
        "participations_per_date": 4,
        "forms": 2,
        "completions": 12,
        "groups": 3,
        "campaigns": 2,
        "certificates": 1,
    }
}


class World(VirtuousWorld, VomoWorld, GivingWorld, SlackWorld):
    """The organizations by token, on all sides, and the armed faults.

    `clock` gives Unix seconds, `sleep` waits for seconds (latency faults only). Every method may be called from any
    thread; whoever reaches into an organization from outside holds `lock`.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.clock = clock
        self.sleep = sleep
        self.lock = RLock()
        self.faults = Faults()
        self.unknown_tokens = 0
        self.virtuous: dict[str, VirtuousOrganization] = {}
        self.vomo: dict[str, VomoOrganization] = {}
        self.giving: dict[str, GivingOrganization] = {}
        self.slack: dict[str, SlackWorkspace] = {}

    def add_organization(self, token: str, **settings: Any) -> None:
        """Settings by the names of `OrganizationSettings`. Raises msgspec.ValidationError."""
        with self.lock:
            base = OrganizationSettings(organization_user_id=501 + len(self.virtuous))
            self.virtuous[token] = VirtuousOrganization(token, organization_settings(base, settings))

    def change_organization(self, token: str, **settings: Any) -> None:
        with self.lock:
            organization = self._virtuous(token)
            organization.change(organization_settings(organization.settings, settings))

    def run_import(self, token: str) -> dict[str, int]:
        """Turns held transactions into contacts and gifts: {imported, created, merged, held}."""
        with self.lock:
            return self._virtuous(token).run_import(self.clock())

    def spend_quota(self, token: str, requests: int) -> dict[str, int]:
        """Requests of the other integrations that share the organization's quota; they are in no books."""
        with self.lock:
            quota = self._virtuous(token).quota
            quota.take(self.clock(), requests)
            return quota.state()

    def books(self, token: str) -> dict[str, Any]:
        """The books of an organization on any side."""
        with self.lock:
            organization = (
                self.virtuous.get(token) or self.vomo.get(token) or self.giving.get(token) or self.slack.get(token)
            )
            if organization is None:
                raise UnknownTokenError
            return organization.report()

    def contacts(self, token: str) -> dict[str, dict[str, Any]]:
        """The flat fields of every contact, by "referenceSource/referenceId"; `tags` is a sorted list."""
        with self.lock:
            return self._virtuous(token).store.by_reference()

    def add_fault(self, **fault: Any) -> None:
        """By the names of `Fault`. Raises msgspec.ValidationError."""
        with self.lock:
            self.faults.add(msgspec.convert(fault, Fault))

    def clear_faults(self) -> None:
        with self.lock:
            self.faults.clear()

    def fault_report(self) -> list[dict[str, object]]:
        """Per armed fault: {fault, seen, fired}."""
        with self.lock:
            return self.faults.report()


def default_world(seed: int = 7, **world: Any) -> World:
    """The demo fleet: three customers, tokens `demo-<customer>-virtuous` and `demo-<customer>-vomo`.

    One customer's volunteers have projects to serve at; another has donors, token `demo-<customer>-giving`.
    """
    made = World(**world)
    for position, (customer, users) in enumerate(DEMO_CUSTOMERS.items()):
        made.add_organization(f"demo-{customer}-virtuous", name=f"{customer.replace('-', ' ').title()} (Sandbox)")
        made.add_vomo_organization(
            f"demo-{customer}-vomo", users=users, seed=seed + position, **DEMO_PROJECTS.get(customer, {})
        )
    made.add_giving_organization("demo-riverside-food-bank-giving", donations=300, seed=seed)
    return made
