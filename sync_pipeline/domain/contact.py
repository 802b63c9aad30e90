"""The contact of a Virtuous transaction: its fields, their shapes, and the groups they are acknowledged in.

Shapes are those of `POST /api/Contact/Transaction` (reference/virtuous_crm_api.md, section 4.2): flat, nearly all text.

A transaction merges, it never clears: nothing published says what an empty value does to a field that has one, except
for custom fields, where an empty text clears and omission leaves alone. So a null or empty field is left out, and only
a custom field may travel as empty text. A value that disappears at the source stays in Virtuous until a person
removes it; a recipe that wants a custom field cleared writes `coalesce(x, '')`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

CORE = "core"
BIRTH_GENDER = "birth_gender"
TAGS = "tags"

BIRTH_GENDER_FIELDS = ("birthMonth", "birthDay", "birthYear", "gender")
CONTACT_FIELDS = (
    "contactType",
    "name",
    "title",
    "firstName",
    "middleName",
    "lastName",
    "suffix",
    *BIRTH_GENDER_FIELDS,
    "emailType",
    "email",
    "phoneType",
    "phone",
    "address1",
    "address2",
    "city",
    "state",
    "postal",
    "country",
    "eventId",
    "eventName",
    "invited",
    "rsvp",
    "rsvpResponse",
    "attended",
    "originSegmentCode",
    "emailLists",
)
CUSTOM_FIELD_PREFIX = "customFields."
DEFAULT_CONTACT_TYPE = "Household"
SEPARATOR = ";"

_BOOLEAN_FIELDS = frozenset({"invited", "rsvp", "rsvpResponse", "attended"})
_BOOLEANS = {"true": True, "false": False}
_TYPE_FIELDS = frozenset({"contactType", "emailType", "phoneType"})


def is_contact_field(name: str) -> bool:
    """Whether a recipe may fill `name`: one of CONTACT_FIELDS, or `customFields.<Name>`."""
    return name in CONTACT_FIELDS or (name.startswith(CUSTOM_FIELD_PREFIX) and name != CUSTOM_FIELD_PREFIX)


def contact_payload(reference_id: str, fields: Mapping[str, str | None], tags: Sequence[str]) -> dict[str, Any]:
    """One contact as a transaction carries it, without its `referenceSource`.

    `contactType` is always sent, `Household` when no field says otherwise (required by the older reference). An
    `eventId` or an event flag whose text is no number or boolean travels as it is: Virtuous refuses that row by name.
    `emailLists` holds several list names separated by semicolons.

    Raises:
        ValueError: a field that a contact transaction does not have.
    """
    payload: dict[str, Any] = {"referenceId": reference_id}
    payload["contactType"] = DEFAULT_CONTACT_TYPE
    custom_fields: dict[str, str] = {}
    for name, value in _filled(fields):
        if name.startswith(CUSTOM_FIELD_PREFIX):
            custom_fields[name.removeprefix(CUSTOM_FIELD_PREFIX)] = value
        else:
            payload[name] = _shaped(name, value)
    if custom_fields:
        payload["customFields"] = custom_fields
    if joined := joined_tags(tags):
        payload["tags"] = joined
    return payload


def field_groups(fields: Mapping[str, str | None], tags: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """What is acknowledged together: `birth_gender`, `tags` (one value, in any order), and `core` for the rest.

    All three are always there, possibly empty. Only values that travel are in them, so that a source which swaps a
    null for an empty text causes no write.
    """
    groups: dict[str, dict[str, str | None]] = {CORE: {}, BIRTH_GENDER: {}, TAGS: {}}
    for name, value in _filled(fields):
        groups[BIRTH_GENDER if name in BIRTH_GENDER_FIELDS else CORE][name] = value
    if joined := joined_tags(tags):
        groups[TAGS]["tags"] = joined
    return groups


def joined_tags(tags: Iterable[str]) -> str:
    """All tags in one text, sorted, each once. A tag's own semicolon would split it: it becomes a comma."""
    cleaned = {tag.replace(SEPARATOR, ",").strip() for tag in tags}
    return SEPARATOR.join(sorted(cleaned - {""}))


def personal_values(contact: Any) -> Iterator[str]:
    """Every text of a contact payload that could tell who it is: all but the type words of the organization."""
    if isinstance(contact, str):
        yield contact
    elif isinstance(contact, Mapping):
        for name, value in contact.items():
            if name not in _TYPE_FIELDS:
                yield from personal_values(value)
    elif isinstance(contact, Sequence):
        for value in contact:
            yield from personal_values(value)


def _filled(fields: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """The fields that travel, in a fixed order."""
    unknown = sorted(name for name in fields if not is_contact_field(name))
    if unknown:
        raise ValueError(f"not a field of a contact transaction: {', '.join(unknown)}")
    for name in CONTACT_FIELDS:
        value = fields.get(name)
        if value is not None and value.strip():
            yield name, value
    for name in sorted(fields):
        value = fields[name]
        if value is not None and name.startswith(CUSTOM_FIELD_PREFIX):
            yield name, value


def _shaped(name: str, value: str) -> Any:
    if name == "eventId":
        return int(value) if value.isascii() and value.isdigit() else value
    if name in _BOOLEAN_FIELDS:
        return _BOOLEANS.get(value.lower(), value)
    if name == "emailLists":
        return [part for part in (part.strip() for part in value.split(SEPARATOR)) if part]
    return value


def tag_prefix(reference_source: str) -> str:
    """What begins the tags of a source that `tags: exact` may take away again; all others are staff's."""
    return f"{reference_source}: "
