"""A day in the life of a VOMO organization: some people change, some come, some go; always the same by seed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from sync_pipeline.sandbox.seed import User, made_up_name, made_up_phone, made_up_user, moment_text
from sync_pipeline.sandbox.vomo_store import VomoUsers

_ROLES = ("VOLUNTEER", "ORGANIZER", "ADMIN")


@dataclass(frozen=True)
class Touched:
    """The ids of a change, and the one `updated_at` that all changed and added users got."""

    updated_at: str
    changed: list[int]
    added: list[int]
    removed: list[int]


def change_users(users: VomoUsers, *, share: float, seed: int, add: int, remove: int, now: float) -> Touched:
    """Changes `share` (0 to 1) of the users, removes `remove` others and adds `add` new ones.

    Everybody touched gets one time later than any before: the clock's, or one second after the latest if the clock is
    not past that.
    """
    random = Random(seed)  # noqa: S311 - a repeatable draw is the purpose
    moment = next_moment(users, now)
    wanted = min(len(users), max(1, round(share * len(users))) if share else 0)
    order = random.sample(users.ids(), len(users))
    changed, removed = sorted(order[:wanted]), sorted(order[wanted : wanted + remove])
    for user_id in changed:
        user = users.get(user_id)
        if user:
            users.put(_with_names(user | _one_change(user, random) | {"updated_at": moment_text(moment)}))
    for user_id in removed:
        users.remove(user_id)
    added = list(range(users.next_id, users.next_id + add))
    for user_id in added:
        users.put(made_up_user(user_id, seed, gaps=users.oddities, at=moment))
    return Touched(moment_text(moment), changed, added, removed)


def edit_user(users: VomoUsers, user: User, fields: dict[str, Any], now: float) -> Touched:
    """Sets exactly these fields of one user."""
    moment = moment_text(next_moment(users, now))
    users.put(_with_names(user | fields | {"id": user["id"], "updated_at": moment}))
    return Touched(moment, [user["id"]], [], [])


def next_moment(users: VomoUsers, now: float) -> datetime:
    return datetime.fromtimestamp(max(int(now), int(users.latest_change()) + 1), UTC)


def _one_change(user: User, random: Random) -> User:
    """A new value for one field. A missing last name stays missing: such users are asked for on purpose."""
    name = random.choice(("first_name", "last_name", "phone", "membership_role"))
    if user[name] is None:
        name = "phone"
    value = user[name]
    while value == user[name]:
        value = _draw(name, random)
    return {name: value}


def _draw(name: str, random: Random) -> str:
    match name:
        case "phone":
            return made_up_phone(random)
        case "membership_role":
            return random.choice(_ROLES)
        case _:
            return made_up_name(random)


def _with_names(user: User) -> User:
    return user | {"full_name": " ".join(filter(None, (user["first_name"], user["last_name"])))}
