"""Made-up people: names from syllables, telephone numbers from the range kept for fiction, mail at example.org."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

User = dict[str, Any]

_SYLLABLES = ("ba", "cor", "da", "el", "fi", "gan", "ho", "il", "jo", "ka", "lu", "mar", "ne", "or", "pi", "qua", "ra")
_ENDINGS = ("bert", "cia", "den", "la", "lin", "mo", "na", "ric", "sa", "ton", "va", "wyn")
_OLDEST = datetime(2024, 1, 1, tzinfo=UTC)
_MADE_WITHIN_SECONDS = 400 * 86_400
_CHANGED_WITHIN_SECONDS = 200 * 86_400
_FIRST_BIRTHDAY = datetime(1945, 1, 1, tzinfo=UTC).date()


def moment_text(moment: datetime) -> str:
    """ISO 8601 in whole seconds with an explicit offset, as VOMO's examples show."""
    return moment.replace(microsecond=0).isoformat()


def seconds_of(text: str) -> float:
    """Unix seconds of a time as `moment_text` writes it."""
    return datetime.fromisoformat(text).timestamp()


def made_up_times(random: Random) -> tuple[datetime, datetime]:
    """When something was made and last changed."""
    created = _OLDEST + timedelta(seconds=random.randrange(_MADE_WITHIN_SECONDS))
    return created, created + timedelta(seconds=random.choice((0, random.randrange(_CHANGED_WITHIN_SECONDS))))


def made_up_name(random: Random) -> str:
    return "".join(random.choices(_SYLLABLES, k=random.randint(1, 2))).capitalize() + random.choice(_ENDINGS)


def made_up_phone(random: Random) -> str:
    return f"({random.randint(201, 989)}) 555-01{random.randint(0, 99):02d}"


def made_up_user(user_id: int, seed: int, *, gaps: bool, at: datetime | None = None) -> User:
    """One VOMO user with the 15 documented fields; the same arguments give the same user.

    `gaps`: some birthdays and genders are null, as sign-up does not demand them. `at`: when the user signed up.
    """
    random = Random(f"{seed}:{user_id}")  # noqa: S311 - made-up data wants a repeatable draw
    first, last = made_up_name(random), made_up_name(random)
    created, updated = (at, at) if at else made_up_times(random)
    birthday = (_FIRST_BIRTHDAY + timedelta(days=random.randrange(60 * 365))).isoformat()
    gender = random.choice("MFN")
    return {
        "type": "user",
        "id": user_id,
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "email": f"{first}.{last}.{user_id}@example.org".lower(),
        "address": f"{random.randint(1, 980)} {made_up_name(random)} Street, {made_up_name(random)}",
        "phone": made_up_phone(random),
        "birthday": None if gaps and random.random() < 0.1 else birthday,
        "gender": None if gaps and random.random() < 0.1 else gender,
        "created_at": moment_text(created),
        "updated_at": moment_text(updated),
        "user_status": random.choices(("VERIFIED", "UNVERIFIED"), (9, 1))[0],
        "membership_status": random.choices(("ACCEPTED", "PENDING"), (9, 1))[0],
        "membership_role": random.choices(("VOLUNTEER", "ORGANIZER", "ADMIN"), (85, 10, 5))[0],
    }


def made_up_users(number: int, seed: int, *, gaps: bool, invalid: int = 0) -> list[User]:
    """`number` users with ids from 1; `invalid` of them have no last name, which Virtuous refuses."""
    users = [made_up_user(user_id, seed, gaps=gaps) for user_id in range(1, number + 1)]
    for user in Random(seed).sample(users, min(invalid, number)):  # noqa: S311 - as above
        user |= {"last_name": None, "full_name": user["first_name"]}
    return users
