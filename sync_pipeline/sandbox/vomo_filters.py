"""The values of VOMO's filters, and the answer to one that is none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.datastructures import QueryParams
from starlette.responses import Response

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.gate import Call
from sync_pipeline.sandbox.organizations import VomoOrganization

VomoCall = Call[VomoOrganization]
_A_DAY = timedelta(days=1) - timedelta(microseconds=1)
_FLAGS = {"1": True, "true": True, "0": False, "false": False}


class BadFilterError(ValueError):
    """A filter with a value it cannot have: the parameter's name, and what it has to be."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(name)
        self.name = name
        self.text = f"The {name.replace('_', ' ')} field must be {wanted}."


def filtered(endpoint: Callable[[VomoCall], Response]) -> Callable[[VomoCall], Response]:
    """`endpoint`, answering 422 where it raises BadFilterError."""

    def answer(call: VomoCall) -> Response:
        try:
            return endpoint(call)
        except BadFilterError as bad:
            return json_answer({"message": bad.text, "errors": {bad.name: [bad.text]}}, 422)

    return answer


def moment(asked: QueryParams, name: str) -> float | None:
    """Unix seconds. An unencoded `+` of an offset arrives as a space; a plain date is meant as that whole day."""
    if not (text := asked.get(name)):
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise BadFilterError(name, "a valid date") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    plain_date = len(text) == len("2026-01-31")
    return (found + _A_DAY if plain_date and name.endswith("_before") else found).timestamp()


def flag(asked: QueryParams, name: str) -> bool | None:
    if not (text := asked.get(name)):
        return None
    if text.lower() not in _FLAGS:
        raise BadFilterError(name, "true or false")
    return _FLAGS[text.lower()]


def number(asked: QueryParams, name: str) -> int | None:
    if not (text := asked.get(name)):
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadFilterError(name, "an integer")
    return int(text)
