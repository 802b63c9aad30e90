"""Values that can be found again wherever they went: each begins with a mark of its kind, and ends in whose it is."""

import base64
import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.world import World

WORD = "Zqxmark"
PHONE, AMOUNT, HOURS, BIRTH = "979-555-97", "9173540", "3.7142857", "1931-02-"
TOKENS = {name: f"{WORD}token{name}" for name in ("virtuous", "vomo", "giving", "slack")}
_SPELLINGS = (str.capitalize, str.lower, str.upper)
_PLAIN = (PHONE, PHONE.replace("-", ""), "(979) 555-97", "979.555.97", AMOUNT, "91,735,40", HOURS, BIRTH)
_DAY_OF_BIRTH = rb"0?2/[0-9]{1,2}/1931"


def encoded(text: str) -> Iterator[str]:
    """A text in all the ways in which something may carry it."""
    yield text
    yield json.dumps(text)[1:-1]
    yield html.escape(text)
    yield quote(text, safe="")
    for spelling in _SPELLINGS:
        yield from in_base64(spelling(text))


def in_base64(text: str) -> Iterator[str]:
    """The characters that base64 has for it whatever stands before and after, for each of the three ways to begin."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + text.encode()).decode().rstrip("=")
        yield whole[-(-before * 8 // 6) : (before + len(text)) * 8 // 6]


MARKS = re.compile(
    b"|".join(
        [
            _DAY_OF_BIRTH,
            *sorted({re.escape(form.lower().encode()) for mark in (WORD, *_PLAIN) for form in encoded(mark)}),
        ]
    )
)
"""Finds every value below in bytes in lower case."""


def word(kind: str, number: object) -> str:
    return f"{WORD}{kind}{number}"


def mark_everybody(world: World) -> None:
    """Every value that says something about a person, and every text that people write, gets a mark."""
    with world.lock:
        users = world.vomo[TOKENS["vomo"]].users
        for user in users.all():
            users.put(user | marked_user(user))
        tables = world.vomo[TOKENS["vomo"]].tables
        for project in tables["projects"].all():
            name = word("project", project["id"])
            tables["projects"].put(
                project | {"name": name, "description": f"Come to {name}.", "address": place(project)}
            )
        for one in tables["participations"].all():
            hours = None if one["hours"] is None else float(f"{HOURS}{one['id']}")
            tables["participations"].put(one | {"hours": hours})
        for form in tables["forms"].all():
            tables["forms"].put(form | {"name": word("form", form["id"])})
        for one in tables["completions"].all():
            answers = [answer | {"value": word("answer", answer["id"])} for answer in one["field_responses"]]
            tables["completions"].put(one | {"field_responses": answers})
        giving = world.giving[TOKENS["giving"]].tables
        for donor in giving["donors"].all():
            giving["donors"].put(donor | marked_donor(donor))
        for number, donation in enumerate(giving["donations"].all()):
            giving["donations"].put(donation | marked_donation(number, donation))


def marked_user(user: Row) -> Row:
    number = user["id"]
    first, last = word("first", number), f"O'{word('last', number)}-Çelik"
    return {
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "email": f"{word('mail', number)}@{word('host', number)}.example".lower(),
        "address": f"{number} {word('street', number)} Street",
        "phone": f"{PHONE}{number:02d}",
        "birthday": f"{BIRTH}{number % 28 + 1:02d}",
        "membership_role": word("role", number).upper(),
    }


def place(project: Row) -> Row:
    parts = ("venue", "route", "locality", "formatted_address")
    return project["address"] | {part: word(part.replace("_", ""), project["id"]) for part in parts}


def marked_donor(donor: Row) -> Row:
    number = donor["id"].rpartition("_")[2]
    return {
        "first_name": word("donorfirst", number),
        "last_name": word("donorlast", number),
        "email": f"{word('donormail', number)}@donors.example".lower(),
        "phone": f"{PHONE}{int(number):02d}",
        "address": donor["address"] | {part: word(part, number) for part in ("line1", "city")},
    }


def marked_donation(number: int, donation: Row) -> Row:
    amount = f"{AMOUNT}{number % 10}.{number:02d}"
    first = donation["allocations"][0]
    check = {} if donation["check_number"] is None else {"check_number": word("check", number)}
    donor = donation["donor"]
    return {
        "amount": str(Decimal(amount)),
        "allocations": [first | {"amount": amount}],
        "comment": f"In memory of {word('comment', number)}",
        "donor": donor | marked_donor(donor),
        **check,
    }
