"""What must be in Virtuous after a sync, worked out from the VOMO users without any code of the pipeline."""

from typing import Any

from sync_pipeline.sandbox.world import World

GENDERS = {"M": "Male", "F": "Female"}


def assert_delivered(
    world: World, virtuous: str, vomo: str, *, reference_source: str = "VOMO", without: frozenset[int] = frozenset()
) -> None:
    """Import what is held; then every user but `without` is one contact with today's values, nobody is there twice."""
    world.run_import(virtuous)
    contacts = world.contacts(virtuous)
    books = world.books(virtuous)
    expected = {
        f"{reference_source}/{user['id']}": expected_contact(user)
        for user in world.vomo_users(vomo)
        if user["id"] not in without
    }
    found = {name: contact for name, contact in contacts.items() if name.startswith(f"{reference_source}/")}
    wrong = [name for name in expected if not has_values(found.get(name), expected[name])]
    assert wrong == []
    assert books["duplicates"] == 0
    assert books["unknown_fields"] == {}


def has_values(contact: dict[str, Any] | None, expected: dict[str, Any]) -> bool:
    """A transaction merges: old tags stay, and so do values that the source no longer has."""
    if contact is None:
        return False
    fields = {name: value for name, value in expected.items() if name != "tags"}
    return fields.items() <= contact.items() and set(expected["tags"]) <= set(contact["tags"])


def expected_contact(user: dict[str, Any]) -> dict[str, Any]:
    contact = {
        "contactType": "Household",
        "firstName": user["first_name"],
        "lastName": user["last_name"],
        "emailType": "Home Email",
        "email": user["email"].lower(),
        "phoneType": "Home Phone",
        "phone": user["phone"],
        "gender": GENDERS.get(user["gender"] or ""),
        "tags": [f"VOMO: {user['membership_role'].capitalize()}"],
    }
    if user["birthday"]:
        year, month, day = user["birthday"].split("-")
        contact |= {"birthYear": year, "birthMonth": str(int(month)), "birthDay": str(int(day))}
    return {name: value for name, value in contact.items() if value is not None}
