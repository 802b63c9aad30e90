"""What a fault makes of an answer."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from starlette.responses import Response

from sync_pipeline.sandbox.answers import Cut, json_answer, message_answer, virtuous_error
from sync_pipeline.sandbox.faults import Fault, Side
from sync_pipeline.sandbox.giving_cursor import FIRST_PAGE
from sync_pipeline.sandbox.refusal import Problem


def instead(fault: Fault, body: bytes) -> Response:
    """The answer of a fault that keeps the request, which has this body, from having any effect."""
    match fault.kind:
        case "status_before" if fault.quotes:
            return _quoting(fault, body.decode(errors="replace"))
        case "cut_before":
            return Cut()
        case "unauthorized":
            return unauthorized(fault.side)
        case "rate_limited":
            return rate_limited(fault.side, 1 if fault.retry_after is None else fault.retry_after)
        case _:
            return _status(fault)


def afterwards(fault: Fault, answer: Response, url: str) -> Response:
    """What becomes of `answer` after the request had its effect; `url` is the request's own."""
    match fault.kind:
        case "cut_after":
            return Cut()
        case "status_after":
            return _status(fault)
        case "malformed":
            return Response("<html><body>Something went wro", 200, media_type="text/html")
        case "wrong_shape":
            return json_answer({"results": {"rows": []}, "count": 0})
        case "truncated_page":
            return Response(bytes(answer.body)[: len(answer.body) // 2], 200, media_type="application/json")
        case _:
            return _other_page(fault, answer, url)


def unauthorized(side: Side) -> Response:
    match side:
        case "virtuous":
            return message_answer(401, "Authorization has been denied for this request.")
        case "vomo":
            return message_answer(401, "Unauthenticated.")
        case "giving":
            return _giving_error(401, "unauthorized", "The API key is missing or not known.")
        case "slack":
            return json_answer({"ok": False, "error": "invalid_auth"})


def rate_limited(side: Side, retry_after: int) -> Response:
    headers = {"Retry-After": str(retry_after)}
    if side == "virtuous":
        return virtuous_error(429, "RATE_LIMITED", "The hourly limit of this organization is spent.", headers=headers)
    if side == "giving":
        return _giving_error(429, "rate_limited", "Too many requests in this minute.", headers)
    if side == "slack":
        return json_answer({"ok": False, "error": "ratelimited"}, 429, headers)
    return message_answer(429, "Too Many Attempts.", headers)


def _giving_error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return json_answer({"error": {"code": code, "message": message}}, status, headers)


def _status(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return message_answer(fault.status, "An error has occurred.", headers)


def _quoting(fault: Fault, sent: str) -> Response:
    """As the documented target shape has it, and each place of it says what was sent."""
    details = [Problem("email", "", f"'{sent}' is not valid."), Problem(sent, sent.upper(), sent)]
    return virtuous_error(fault.status, "VALIDATION_FAILED", f"The request is not valid: {sent}", details)


def _other_page(fault: Fault, answer: Response, url: str) -> Response:
    """A list page made wrong; an answer that is no list page stays as it is."""
    page: Any = msgspec.json.decode(answer.body) if answer.body else None
    if not isinstance(page, dict) or not page.keys() & {"links", "next_cursor", "total"}:
        return answer
    rows = "list" if fault.side == "virtuous" else "data"
    match fault.kind:
        case "repeated_cursor" if fault.side == "giving":
            asked = parse_qs(urlsplit(url).query)
            page |= {"next_cursor": asked.get("cursor", [FIRST_PAGE])[0], "has_more": True}
        case "empty_cursor":
            page |= {"next_cursor": "", "has_more": True}
        case "repeated_cursor":
            page["links"]["next"] = url
        case "foreign_link":
            page["links"]["next"] = "http://elsewhere.invalid/vomo/v1/users?page=2"
        case "empty_page":
            page[rows] = []
        case _:
            page[rows] = page[rows][::2]
    return json_answer(page)
