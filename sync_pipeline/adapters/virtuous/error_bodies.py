"""Reads the error bodies Virtuous is known to send, and never fails on one it is not.

Shapes (reference/virtuous_crm_api.md, section 1.4): `{"error": {"code", "message", "details"}}` (the documented
target), `{"message"}`, `{"message", "modelState"}`, empty, plain text, `{"error", "error_description", "errors"}`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

MAX_FIELDS = 20
HTML_HEAD = 4096
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_MESSAGE_NAMES = ("message", "error_description", "error", "detail", "title")
_FIELD_MAP_NAMES = ("details", "modelstate", "errors")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field: a code if there is one, or else words."""

    field: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says, still with whatever personal data the server put into it."""

    code: str = ""
    message: str = ""
    problems: tuple[FieldProblem, ...] = ()


def parse_error(body: bytes) -> ErrorBody:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorBody(message=_plain_text(body))
    if isinstance(document, str):
        return ErrorBody(message=document)
    if not isinstance(document, Mapping):
        return ErrorBody()
    outer = _lower_keys(document)
    inner = outer.get("error")
    if not isinstance(inner, Mapping):
        return _read(outer)
    read = _read(_lower_keys(inner))
    return ErrorBody(read.code, read.message or _text(outer.get("message")), read.problems)


def _read(parts: Mapping[str, Any]) -> ErrorBody:
    messages = (_text(parts.get(name)) for name in _MESSAGE_NAMES)
    problems = (problem for name in _FIELD_MAP_NAMES for problem in _problems(parts.get(name)))
    return ErrorBody(
        code=_text(parts.get("code")),
        message=next((message for message in messages if message), ""),
        problems=tuple(islice(problems, MAX_FIELDS)),
    )


def _problems(found: Any) -> Iterator[FieldProblem]:
    """From a list of `{field, code, message}` or a map of field to words."""
    if isinstance(found, Mapping):
        for field, words in found.items():
            yield FieldProblem(str(field), message=_first_text(words))
    elif isinstance(found, list):
        for entry in found:
            if isinstance(entry, Mapping):
                parts = _lower_keys(entry)
                yield FieldProblem(_text(parts.get("field")), _text(parts.get("code")), _text(parts.get("message")))
            elif text := _text(entry):
                yield FieldProblem("", message=text)


def _first_text(words: Any) -> str:
    if isinstance(words, Sequence) and not isinstance(words, str):
        return next((text for text in map(_text, words) if text), "")
    return _text(words)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _lower_keys(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    """ASP.NET writes Message and ModelState or message and modelState, depending on its age."""
    return {str(key).lower(): value for key, value in mapping.items()}


def _plain_text(body: bytes) -> str:
    """The words of a text body, the title of a proxy's HTML page, nothing of JSON that was cut."""
    text = body.decode("utf-8", "ignore").strip()
    if text.startswith("<"):
        title = _TITLE.search(text, 0, HTML_HEAD)
        return title.group(1).strip() if title else ""
    return "" if text.startswith(("{", "[")) else text
