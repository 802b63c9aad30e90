"""What the people of one source should look like in Virtuous: a mapping of its own, written from the API's words.

It shares no code with the recipe it judges.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

User = dict[str, Any]
Contact = dict[str, Any]
"""Flat fields of a transaction as texts, without the empty ones; `tags` is a sorted list."""

GENDERS = {"M": "Male", "F": "Female"}
REQUIRED = ("first_name", "last_name")


def contact_of(user: User) -> Contact:
    """The contact a VOMO user stands for."""
    year, month, day = (str(int(part)) for part in user["birthday"].split("-")) if user["birthday"] else [None] * 3
    fields = {
        "contactType": "Household",
        "firstName": user["first_name"],
        "lastName": user["last_name"],
        "emailType": "Home Email" if user["email"] else None,
        "email": user["email"].lower(),
        "phoneType": "Home Phone" if user["phone"] else None,
        "phone": user["phone"],
        "birthMonth": month,
        "birthDay": day,
        "birthYear": year,
        "gender": GENDERS.get(user["gender"] or ""),
    }
    role = user["membership_role"]
    tags = [f"VOMO: {role.capitalize()}"] if role else []
    return {**{name: value for name, value in fields.items() if value}, "tags": tags}


def is_acceptable(user: User) -> bool:
    """Whether Virtuous has what it demands of a person."""
    return all(user[name] for name in REQUIRED)


def merged(versions: Iterable[Contact]) -> Contact:
    """What is in Virtuous after all versions were sent: a newer value replaces, what is left out stays, tags add up."""
    whole: Contact = {}
    tags: set[str] = set()
    for version in versions:
        whole |= version
        tags.update(version["tags"])
    return {**whole, "tags": sorted(tags)}


@dataclass(slots=True)
class People:
    """All users of a source, night by night; ids are texts, as records' keys are."""

    nights: list[dict[str, User]] = field(default_factory=list)

    def note(self, users: Iterable[User]) -> None:
        """Remember how the source looked before a night."""
        self.nights.append({str(user["id"]): user for user in users})

    @property
    def now(self) -> dict[str, User]:
        return self.nights[-1]

    def created(self, night: int) -> set[str]:
        return self.nights[night].keys() - self._before(night).keys()

    def updated(self, night: int) -> set[str]:
        """Whose contact differs from the night before."""
        before, users = self._before(night), self.nights[night]
        return {key for key in users.keys() & before.keys() if contact_of(users[key]) != contact_of(before[key])}

    def refusable_in(self, night: int) -> set[str]:
        """Users that changed before this night into something that Virtuous has to refuse."""
        changed = self.created(night) | self.updated(night)
        return {key for key in changed if not is_acceptable(self.nights[night][key])}

    def sent_versions(self, key: str) -> list[Contact]:
        """The distinct contacts of a user that Virtuous can have taken, oldest first."""
        found: list[Contact] = []
        for users in self.nights:
            user = users.get(key)
            if user is None or not is_acceptable(user):
                continue
            version = contact_of(user)
            if not found or found[-1] != version:
                found.append(version)
        return found

    def expected(self) -> dict[str, Contact]:
        """Everybody who ever could be sent, as Virtuous should have them now."""
        keys = sorted({key for users in self.nights for key in users})
        return {key: merged(versions) for key in keys if (versions := self.sent_versions(key))}

    def _before(self, night: int) -> dict[str, User]:
        return self.nights[night - 1] if night else {}
