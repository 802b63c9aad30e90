"""What the people of one source should look like in Virtuous: a mapping of its own, written from the API's words.

It shares no code with the recipe it judges.
"""

from collections.abc import Iterable
from typing import Any

from sync_pipeline.demo.records import Meaning, Records, Row

Contact = dict[str, Any]
"""Flat fields of a transaction as texts, without the empty ones; `tags` is a sorted list."""

GENDERS = {"M": "Male", "F": "Female"}
REQUIRED = ("first_name", "last_name")
NAMES = ("contactType", "firstName", "lastName")
REMOVED = "VOMO: removed"


def people() -> Records:
    return Records("users", contact_of, is_acceptable)


def contact_of(user: Row) -> Contact:
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


def is_acceptable(user: Row) -> bool:
    """Whether Virtuous has what it demands of a person."""
    return all(user[name] for name in REQUIRED)


def departed(contact: Meaning) -> Contact:
    """What is sent of somebody who left: nothing is deleted, a tag says so."""
    return {**{name: contact[name] for name in NAMES if name in contact}, "tags": [REMOVED]}


def sent_versions(users: Records, key: str) -> list[Meaning]:
    """The distinct contacts of a user that Virtuous can have taken, oldest first."""
    versions = users.versions(key)
    return [*versions, departed(versions[-1])] if versions and key not in users.now else versions


def merged(versions: Iterable[Meaning]) -> Contact:
    """What is in Virtuous after all versions were sent: a newer value replaces, what is left out stays, tags add up."""
    whole: Contact = {}
    tags: set[str] = set()
    for version in versions:
        whole |= version
        tags.update(version["tags"])
    return {**whole, "tags": sorted(tags)}


def expected_contacts(users: Records) -> dict[str, Contact]:
    """Everybody who ever could be sent, as Virtuous should have them now."""
    return {key: merged(sent_versions(users, key)) for key in users.latest()}
