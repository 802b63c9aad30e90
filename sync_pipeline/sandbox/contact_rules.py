"""What a contact in a transaction must look like (sections 4.2 and 4.3 of the Virtuous reference)."""

import re
from typing import Any

from sync_pipeline.sandbox.refusal import Problem

Row = dict[str, Any]

NAME_FIELDS = ("title", "firstName", "middleName", "lastName", "suffix")
# The reference page of Contact/Batch lists the transaction's fields without these four.
BIRTH_AND_GENDER = ("birthMonth", "birthDay", "birthYear", "gender")
METHOD_FIELDS = ("emailType", "email", "phoneType", "phone")
ADDRESS_FIELDS = ("address1", "address2", "city", "state", "postal", "country")
RECORD_FIELDS = ("contactType", "name", *NAME_FIELDS, *BIRTH_AND_GENDER, *METHOD_FIELDS, *ADDRESS_FIELDS)
TEXT_FIELDS = frozenset(
    {"referenceSource", "referenceId", *RECORD_FIELDS, "eventName", "rsvpResponse", "tags", "originSegmentCode"}
)
OTHER_TYPES: dict[str, type] = {
    "eventId": int,
    "invited": bool,
    "rsvp": bool,
    "attended": bool,
    "emailLists": list,
    "customFields": dict,
    "customObjects": list,
    "volunteerAttendances": list,
}
# Whether Virtuous checks the syntax of an address is not published; one @ and a dotted host is the least it can ask.
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_NAMED_BY_NAME = ("Organization", "Foundation")


def problems(row: Row, genders: tuple[str, ...] = ()) -> list[Problem]:
    """Why `row` would be refused; empty when it is accepted. A null counts as left out, an unknown field is ignored."""
    return [*_missing(row), *_wrong_types(row), *_wrong_email(row), *_unknown_gender(row, genders)]


def unknown_fields(row: Row) -> list[str]:
    return [name for name in row if name not in TEXT_FIELDS and name not in OTHER_TYPES]


def _missing(row: Row) -> list[Problem]:
    required = ["contactType"]
    required += ["name"] if row.get("contactType") in _NAMED_BY_NAME else ["firstName", "lastName"]
    return [Problem(name, "REQUIRED", f"{name} is required.") for name in required if _blank(row.get(name))]


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _wrong_types(row: Row) -> list[Problem]:
    return [
        Problem(name, "INVALID_TYPE", f"{name} is of the wrong type.")
        for name, value in row.items()
        if value is not None and not _of_documented_type(name, value)
    ]


def _of_documented_type(name: str, value: object) -> bool:
    if name in TEXT_FIELDS:
        return isinstance(value, str)
    if expected := OTHER_TYPES.get(name):
        return isinstance(value, expected) and not (expected is int and isinstance(value, bool))
    return True


def _unknown_gender(row: Row, genders: tuple[str, ...]) -> list[Problem]:
    gender = row.get("gender")
    return (
        [Problem("gender", "UNKNOWN", "gender is not known.")] if genders and gender and gender not in genders else []
    )


def _wrong_email(row: Row) -> list[Problem]:
    email = row.get("email")
    if not isinstance(email, str) or not email or _EMAIL.fullmatch(email):
        return []
    return [Problem("email", "INVALID_FORMAT", "email is not a valid address.")]
