"""Everything the sandbox knows, with the operations that `/sandbox` offers over HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from threading import RLock
from typing import Any

import msgspec

from sync_pipeline.sandbox.faults import Fault, Faults
from sync_pipeline.sandbox.organizations import VirtuousOrganization, VomoOrganization
from sync_pipeline.sandbox.seed import User, made_up_users
from sync_pipeline.sandbox.settings import OrganizationSettings, organization_settings
from sync_pipeline.sandbox.vomo_changes import change_users, edit_user
from sync_pipeline.sandbox.vomo_store import VomoUsers

DEMO_CUSTOMERS = {"riverside-food-bank": 2500, "harbor-shelter": 400, "maple-street-library": 45}


class UnknownTokenError(LookupError):
    """No organization of the sandbox has this token."""


class World:
    """The organizations by token, on both sides, and the armed faults.

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

    def add_organization(self, token: str, **settings: Any) -> None:
        """Settings by the names of `OrganizationSettings`. Raises msgspec.ValidationError."""
        with self.lock:
            base = OrganizationSettings(organization_user_id=501 + len(self.virtuous))
            self.virtuous[token] = VirtuousOrganization(token, organization_settings(base, settings))

    def change_organization(self, token: str, **settings: Any) -> None:
        with self.lock:
            organization = self._virtuous(token)
            organization.change(organization_settings(organization.settings, settings))

    def add_vomo_organization(
        self, token: str, users: int = 0, seed: int = 1, *, oddities: bool = True, invalid: int = 0
    ) -> None:
        """`invalid`: how many of the users have no last name."""
        with self.lock:
            made_up = made_up_users(users, seed, gaps=oddities, invalid=invalid)
            self.vomo[token] = VomoOrganization(token, VomoUsers(made_up, oddities=oddities))

    def run_import(self, token: str) -> dict[str, int]:
        """Turns held transactions into contacts: {imported, created, merged, held}."""
        with self.lock:
            return self._virtuous(token).run_import(self.clock())

    def spend_quota(self, token: str, requests: int) -> dict[str, int]:
        """Requests of the other integrations that share the organization's quota; they are in no books."""
        with self.lock:
            quota = self._virtuous(token).quota
            quota.take(self.clock(), requests)
            return quota.state()

    def books(self, token: str) -> dict[str, Any]:
        """The books of an organization on either side."""
        with self.lock:
            organization = self.virtuous.get(token) or self.vomo.get(token)
            if organization is None:
                raise UnknownTokenError
            return organization.report()

    def contacts(self, token: str) -> dict[str, dict[str, Any]]:
        """The flat fields of every contact, by "referenceSource/referenceId"; `tags` is a sorted list."""
        with self.lock:
            return self._virtuous(token).store.by_reference()

    def vomo_users(self, token: str) -> list[User]:
        """Every user in order of id, as it truly is: without the type oddities of the wire."""
        with self.lock:
            return [dict(user) for user in self._vomo(token).users.all()]

    def change_vomo(
        self, token: str, share: float = 0.01, seed: int = 1, add: int = 0, remove: int = 0
    ) -> dict[str, Any]:
        """Answers {updated_at, changed, added, removed}: the ids touched."""
        with self.lock:
            users = self._vomo(token).users
            touched = change_users(users, share=share, seed=seed, add=add, remove=remove, now=self.clock())
            return asdict(touched)

    def edit_vomo_user(self, token: str, user_id: int, **fields: Any) -> dict[str, Any]:
        """Sets fields of one user; its `updated_at` moves. Raises KeyError for an unknown id or field."""
        with self.lock:
            users = self._vomo(token).users
            user = users.get(user_id)
            if user is None or not fields.keys() <= user.keys():
                raise KeyError("no such user or field")
            return asdict(edit_user(users, user, fields, self.clock()))

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

    def _virtuous(self, token: str) -> VirtuousOrganization:
        if token not in self.virtuous:
            raise UnknownTokenError
        return self.virtuous[token]

    def _vomo(self, token: str) -> VomoOrganization:
        if token not in self.vomo:
            raise UnknownTokenError
        return self.vomo[token]


def default_world(seed: int = 7, **world: Any) -> World:
    """The demo fleet: three customers, tokens `demo-<customer>-virtuous` and `demo-<customer>-vomo`."""
    made = World(**world)
    for position, (customer, users) in enumerate(DEMO_CUSTOMERS.items()):
        made.add_organization(f"demo-{customer}-virtuous", name=f"{customer.replace('-', ' ').title()} (Sandbox)")
        made.add_vomo_organization(f"demo-{customer}-vomo", users=users, seed=seed + position)
    return made
