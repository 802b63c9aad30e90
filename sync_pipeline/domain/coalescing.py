"""Coalescing: what several changes of one person say travels as one row, where that comes to the same.

A transaction merges: present fields replace, tags and lists are added, what is left out stays (reference section 4.1).
So later rows may be laid over earlier ones. What belongs together is kept together: two e-mails are two ways to reach
a person, two addresses two homes, and nothing says which of them a transaction leaves there. Rows that differ in one of
these travel one after the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from sync_pipeline.domain.contact import BIRTH_GENDER, BIRTH_GENDER_FIELDS, CORE, SEPARATOR, TAGS, joined_tags
from sync_pipeline.domain.crm import contacts

Payload = Mapping[str, Any]

COALESCED = frozenset({contacts.TRANSACTION})
"""Endpoints whose rows may be laid over one another; a gift is taken once and never changed."""

UNITS = (
    frozenset({"emailType", "email"}),
    frozenset({"phoneType", "phone"}),
    frozenset({"address1", "address2", "city", "state", "postal", "country"}),
    frozenset({"eventId", "eventName", "invited", "rsvp", "rsvpResponse", "attended"}),
)
"""Fields that mean something only together."""

APART = {BIRTH_GENDER: frozenset(BIRTH_GENDER_FIELDS), TAGS: frozenset({"tags"})}
"""Field groups that a contact can do without."""


One = TypeVar("One")
_reference = attrgetter("reference_id")


def rows_of(endpoint: str, operations: Iterable[One]) -> tuple[tuple[One, ...], ...]:
    """What leaves for this endpoint, by the row of the request that it travels in: by its `reference_id`."""
    if endpoint not in COALESCED:
        return tuple((operation,) for operation in operations)
    rows: dict[str, list[One]] = {}
    for operation in operations:
        rows.setdefault(_reference(operation), []).append(operation)
    return tuple(tuple(row) for row in rows.values())


def groups_to_part_with(fields: Collection[str]) -> frozenset[str]:
    """The field groups that a refusal blames, where the rest of the row may be right; none where it may not."""
    blamed = {next((group for group, names in APART.items() if field in names), CORE) for field in fields}
    return frozenset() if CORE in blamed else frozenset(blamed)


def parted(payload: Payload, groups: Collection[str]) -> dict[str, Any]:
    """The row without these field groups."""
    gone = frozenset[str]().union(*(APART[group] for group in groups))
    return {name: value for name, value in payload.items() if name not in gone}


def travelling_together(payloads: Sequence[Payload]) -> int:
    """How many of these rows of one person, oldest first, may travel as one."""
    together: dict[frozenset[str], Payload] = {}
    for number, payload in enumerate(payloads):
        for unit in UNITS:
            said = {name: payload[name] for name in unit & payload.keys()}
            if said and together.setdefault(unit, said) != said:
                return number
    return len(payloads)


def laid_over(payloads: Iterable[Payload]) -> dict[str, Any]:
    """One row that leaves what these rows, oldest first, would leave one after the other."""
    result: dict[str, Any] = {}
    for payload in payloads:
        for name, value in payload.items():
            result[name] = _added(name, result[name], value) if name in result else value
    return result


def _added(name: str, before: Any, value: Any) -> Any:
    match name:
        case "customFields":
            return {**before, **value}
        case "emailLists":
            return list(dict.fromkeys([*before, *value]))
        case "tags":
            return joined_tags([*before.split(SEPARATOR), *value.split(SEPARATOR)])
        case _:
            return value
