"""The users of one VOMO organization, kept ready to be listed: encoded rows, and ids per filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sync_pipeline.sandbox.seed import User, seconds_of
from sync_pipeline.sandbox.vomo_pages import Page, page_of
from sync_pipeline.sandbox.vomo_wire import odd_id

_CACHED_FILTERS = 64


@dataclass(frozen=True)
class Filters:
    """The documented filters of `GET /users`, combined with AND. Times are Unix seconds and inclusive."""

    updated_after: float | None = None
    updated_before: float | None = None
    created_after: float | None = None
    created_before: float | None = None
    name_like: str = ""
    email_like: str = ""


def within(moment: float, after: float | None, before: float | None) -> bool:
    """Both ends count, as documented."""
    return (after is None or moment >= after) and (before is None or moment <= before)


class VomoUsers:
    """`oddities`: rows and envelopes show the documented type confusions (ids as strings and the like)."""

    def __init__(self, users: list[User], *, oddities: bool) -> None:
        self.oddities = oddities
        self._users: dict[int, User] = {}
        self._rows: dict[int, bytes] = {}
        self._times: dict[int, tuple[float, float]] = {}
        self._ids_by_filters: dict[Filters, list[int]] = {}
        self.next_id = 1
        for user in users:
            self.put(user)

    def __len__(self) -> int:
        return len(self._users)

    def ids(self) -> list[int]:
        return sorted(self._users)

    def get(self, user_id: int) -> User | None:
        return self._users.get(user_id)

    def all(self) -> list[User]:
        """Every user as it is, without the oddities of the wire."""
        return [self._users[user_id] for user_id in self.ids()]

    def latest_change(self) -> float:
        """Unix seconds; 0 when there are no users."""
        return max((updated for _, updated in self._times.values()), default=0)

    def put(self, user: User) -> None:
        user_id = user["id"]
        self._users[user_id] = user
        self._rows[user_id] = msgspec.json.encode(self.wire(user))
        self._times[user_id] = (seconds_of(user["created_at"]), seconds_of(user["updated_at"]))
        self.next_id = max(self.next_id, user_id + 1)
        self._ids_by_filters.clear()

    def remove(self, user_id: int) -> None:
        for kept in (self._users, self._rows, self._times):
            del kept[user_id]
        self._ids_by_filters.clear()

    def wire(self, user: User) -> dict[str, Any]:
        """The user as the API shows it."""
        if not self.oddities:
            return user
        user_id, email = user["id"], user["email"]
        return user | {"id": odd_id(user_id), "email": email.title() if user_id % 11 == 3 else email}

    def page(self, ids: Sequence[int], number: int) -> Page:
        return page_of(ids, number, self._rows.__getitem__)

    def matching(self, filters: Filters) -> list[int]:
        if (found := self._ids_by_filters.get(filters)) is None:
            if len(self._ids_by_filters) >= _CACHED_FILTERS:
                self._ids_by_filters.clear()
            found = [user_id for user_id in self.ids() if self._matches(user_id, filters)]
            self._ids_by_filters[filters] = found
        return found

    def _matches(self, user_id: int, filters: Filters) -> bool:
        created, updated = self._times[user_id]
        if not (
            within(created, filters.created_after, filters.created_before)
            and within(updated, filters.updated_after, filters.updated_before)
        ):
            return False
        user = self._users[user_id]
        names = (user["first_name"] or "", user["last_name"] or "")
        return any(filters.name_like in name.lower() for name in names) and filters.email_like in user["email"].lower()
