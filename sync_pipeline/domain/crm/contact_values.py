"""What a contact shows of a transaction's values: the flat row that was written, found again in the nested one.

Shapes differ (reference sections 4.2 and 5.1): an e-mail is written as a field and read as one of several contact
methods, a title is a prefix, a birthday three numbers. What Virtuous does not show, shows in words of its own (types,
countries) or shows only where it has a value (custom fields) is not compared: it proves nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sync_pipeline.domain.contact import CUSTOM_FIELD_PREFIX

Values = Mapping[str, frozenset[str]]
"""Comparable texts by field; a field that the contact does not show at all is missing."""

PHONE_DIGITS = 10  # +1 555 555 0142 is (555) 555-0142
INDIVIDUAL = {
    "title": "prefix",
    "firstName": "firstName",
    "middleName": "middleName",
    "lastName": "lastName",
    "suffix": "suffix",
    "gender": "gender",
    "birthMonth": "birthMonth",
    "birthDay": "birthDay",
    "birthYear": "birthYear",
}
NOT_SHOWN = object()
ADDRESS = ("address1", "address2", "city", "state", "postal")


def shown_values(contact: Any, individual_id: int | None) -> Values:
    """The values of a contact as it is read, those of a person from the one with this id."""
    if not isinstance(contact, Mapping):
        return {}
    return dict(_shown(contact, individual_id))


def differing(written: Mapping[str, str | None], tags: tuple[str, ...], shown: Values) -> frozenset[str]:
    """The fields of a transaction whose values the contact does not show; of those it tells nothing about, none."""
    wanted = {name: value for name, value in written.items() if value is not None and value.strip()}
    fields = {name for name, value in wanted.items() if name in shown and _folded(name, value) not in shown[name]}
    missing_tags = {_text(tag) for tag in tags if tag.strip()} - shown.get("tags", frozenset())
    return frozenset(fields | ({"tags"} if missing_tags and "tags" in shown else set()))


def is_empty(name: str, shown: Values) -> bool:
    """Whether the contact shows the field, and nothing in it."""
    return name in shown and not shown[name]


def _shown(contact: Mapping[str, Any], individual_id: int | None) -> Iterator[tuple[str, frozenset[str]]]:
    if "tags" in contact:
        yield "tags", _each(contact["tags"], _text)
    if "name" in contact:
        yield "name", _one(contact["name"], _text)
    address = contact.get("address", NOT_SHOWN) or {}
    if isinstance(address, Mapping):
        for name in ADDRESS:
            yield name, _one(address.get(name), _text)
    yield from _custom(contact.get("customFields"))
    person = _person(contact.get("contactIndividuals"), individual_id)
    if person is None:
        return
    for name, theirs in INDIVIDUAL.items():
        if theirs in person:
            yield name, _one(person[theirs], lambda value, name=name: _folded(name, value))
    methods = person.get("contactMethods")
    if isinstance(methods, list):
        values = [method.get("value") for method in methods if isinstance(method, Mapping)]
        yield "email", _each([value for value in values if "@" in str(value)], _text)
        yield "phone", _each([value for value in values if value and "@" not in str(value)], _digits)
    yield from _custom(person.get("customFields"))


def _person(individuals: Any, individual_id: int | None) -> Mapping[str, Any] | None:
    people = [one for one in individuals or () if isinstance(one, Mapping)] if isinstance(individuals, list) else []
    return next((one for one in people if one.get("id") == individual_id), None)


def _custom(fields: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, Mapping) and field.get("name") is not None:
            yield f"{CUSTOM_FIELD_PREFIX}{field['name']}", _one(field.get("value"), _text)


def _folded(name: str, value: Any) -> str:
    if name == "phone":
        return _digits(value)
    if name.startswith("birth"):
        return _text(value).lstrip("0")
    return _text(value)


def _one(value: Any, fold: Callable[[Any], str]) -> frozenset[str]:
    folded = "" if value is None else fold(value)
    return frozenset({folded} if folded else ())


def _each(values: Any, fold: Callable[[Any], str]) -> frozenset[str]:
    names = [value.get("name") if isinstance(value, Mapping) else value for value in values or ()]
    return frozenset(filter(None, (fold(name) for name in names if name is not None)))


def _text(value: Any) -> str:
    return " ".join(str(value).split()).casefold()


def _digits(value: Any) -> str:
    return "".join(filter(str.isdigit, str(value)))[-PHONE_DIGITS:]
