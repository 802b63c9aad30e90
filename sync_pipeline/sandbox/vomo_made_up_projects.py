"""Made-up projects, their dates around a given day, and who takes part. The same arguments give the same records."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sync_pipeline.sandbox.seed import made_up_name, moment_text
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_made_up_facts import random_of, times_of

_PURPOSES = ("Pantry Shift", "Park Cleanup", "Reading Hour", "Meal Delivery", "Garden Day", "Front Desk", "Toy Drive")
_ROLES = ("Packer", "Driver", "Greeter", "Team Lead", "Reader")
_ITEMS = ("Canned food", "Blankets", "Bottled water")
_TIME_ZONES = ("America/Chicago", "America/New_York", "America/Denver")
# Of ten dates five lie within a look-back of 45 days, three before that, two ahead: each window has something in it.
_DAYS_FROM_TODAY = ((-44, -1),) * 5 + ((-200, -46),) * 3 + ((1, 10),) * 2
_AN_ITEM_EVERY = 6


def made_up_project(number: int, seed: int, organization: Row, campaigns: Sequence[Row], owners: Sequence[int]) -> Row:
    """`owners`: the users of whom one owns it."""
    random = random_of(seed, "project", number)
    name = f"{made_up_name(random)} {random.choice(_PURPOSES)}"
    times = times_of(random)
    return {
        "type": "project",
        "id": number,
        "name": name,
        "project_name": name,
        "description": f"Come and help at the {name}.",
        "details": "Wear closed shoes.",
        "url": f"https://volunteer.example.org/projects/{number}",
        "organization_id": organization["id"],
        "organization": organization["name"],
        "organization_slug": organization["slug"],
        "author_id": random.choice(owners) if owners and random.random() < 0.8 else None,
        "owners": [_owner(number, random.choice(owners), times)] if owners else [],
        "address": _address(random),
        "anytime": False,
        "privacy": random.choices(("PUBLIC", "PRIVATE", "UNLISTED"), (8, 1, 1))[0],
        "allow_guests": random.random() < 0.5,
        "age_limit": random.choice((0, 0, 14, 18)),
        "draft": False,
        "published_at": times["created_at"],
        "campaigns": [random.choice(campaigns)] if campaigns else [],
        "form_completions": [],
        **times,
    }


def made_up_date(number: int, seed: int, project: Row, position: int, now: float) -> Row:
    """`position`: which date of its project it is, from 0; decides how far from today it lies."""
    random = random_of(seed, "date", number)
    days = random.randint(*_DAYS_FROM_TODAY[(project["id"] + position * 3) % len(_DAYS_FROM_TODAY)])
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = today + timedelta(days=days, hours=random.randint(13, 21))
    announced = moment_text(starts - timedelta(days=30))
    return dated(number, project, starts, starts + timedelta(minutes=30 * random.randint(3, 8)), announced)


def dated(number: int, project: Row, starts: datetime, ends: datetime, announced: str) -> Row:
    return {
        "type": "project_date",
        "id": number,
        "project_id": project["id"],
        "starts_at": moment_text(starts),
        "ends_at": moment_text(ends),
        "created_at": announced,
        "updated_at": announced,
    }


def made_up_participations(
    first: int, seed: int, date: Row, wanted: int, users: Sequence[int], now: float
) -> list[Row]:
    """Up to `wanted` rows, numbered from `first`. Each sixth is what the person before brings along: a second need."""
    random = random_of(seed, "participations", date["id"])
    items = wanted // _AN_ITEM_EVERY
    people = random.sample(users, min(len(users), wanted - items))
    rows: list[Row] = []
    for user_id in people:
        rows.append(_serves(first + len(rows), date, user_id, random, now))
        if len(rows) < wanted and len(rows) % _AN_ITEM_EVERY == _AN_ITEM_EVERY - 1:
            rows.append(_brings(first + len(rows), date, rows[-1], random))
    return rows


def signed_up(number: int, date: Row, user_id: int, at: str, *, role: str = _ROLES[0], kind: str = "role") -> Row:
    """A participation before the date: nobody has checked in, no hours."""
    return {
        "type": "participation",
        "id": number,
        "user_id": user_id,
        "project_id": date["project_id"],
        "project_date_id": date["id"],
        "role": role,
        "need": {"id": date["project_id"] * 100 + (*_ROLES, *_ITEMS).index(role), "name": role, "type": kind},
        "quantity": 1,
        "signed_up_at": at,
        "checked_in_at": None,
        "checked_out_at": None,
        "hours": None,
        "verified": False,
        "guests": 0,
        "status": "APPROVED",
    }


def _serves(number: int, date: Row, user_id: int, random: Random, now: float) -> Row:
    starts, ends = (datetime.fromisoformat(date[name]) for name in ("starts_at", "ends_at"))
    at = moment_text(min(starts, datetime.fromtimestamp(now, UTC)) - timedelta(hours=random.randint(24, 400)))
    row = signed_up(number, date, user_id, at, role=random.choice(_ROLES))
    row["guests"] = random.choices((0, 1, 3), (8, 1, 1))[0]
    row["status"] = random.choices(("APPROVED", "PENDING", "DECLINED"), (90, 6, 4))[0]
    if ends.timestamp() > now or row["status"] != "APPROVED" or random.random() < 0.1:
        return row
    return row | _attended(starts, ends, random)


def _attended(starts: datetime, ends: datetime, random: Random) -> dict[str, Any]:
    """With both check-ins, with the first only (then the end of the date counts), or entered by an administrator."""
    whole = (ends - starts).total_seconds() / 3600
    verified = random.random() < 0.7
    match random.choices(("both", "first", "none"), (6, 2, 2))[0]:
        case "both":
            leaves = ends - timedelta(minutes=15 * random.randint(0, 3))
            hours = (leaves - starts).total_seconds() / 3600
            stamps = {"checked_in_at": moment_text(starts), "checked_out_at": moment_text(leaves)}
            return stamps | {"hours": hours, "verified": verified}
        case "first":
            return {"checked_in_at": moment_text(starts), "hours": whole, "verified": verified}
        case _:
            return {"hours": whole, "verified": verified}


def _brings(number: int, date: Row, person: Row, random: Random) -> Row:
    row = signed_up(number, date, person["user_id"], person["signed_up_at"], role=random.choice(_ITEMS), kind="item")
    return row | {"quantity": random.randint(1, 12)}


def _owner(project_id: int, user_id: int, times: dict[str, str]) -> Row:
    return {
        "id": project_id * 10 + 1,
        "project_id": project_id,
        "user_id": user_id,
        "is_primary_owner": True,
        "send_notifications": True,
        **times,
    }


def _address(random: Random) -> dict[str, Any]:
    route, locality, code = f"{random.randint(1, 980)} {made_up_name(random)} Street", made_up_name(random), "60601"
    return {
        "lat": round(random.uniform(30, 45), 6),
        "lng": round(random.uniform(-110, -75), 6),
        "venue": f"{locality} Hall",
        "route": route,
        "locality": locality,
        "administrative_area_level_1": "Illinois",
        "administrative_area_level_1_short": "IL",
        "country": "United States",
        "country_short": "US",
        "postal_code": code,
        "formatted_address": f"{route}, {locality}, IL {code}, USA",
        "timezone": random.choice(_TIME_ZONES),
    }
