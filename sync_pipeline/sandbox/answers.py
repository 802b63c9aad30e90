"""The bodies both APIs are documented or recorded to answer with."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync_pipeline.sandbox.refusal import Problem

ABORT = "sandbox.abort"
_JSON = "application/json; charset=utf-8"


class Cut(Response):
    """Closes the TCP connection without a byte of an answer. Needs the server of this package."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        scope["extensions"][ABORT]()
        # Returning before the server has noticed would make it send a 500 of its own.
        while (await receive())["type"] != "http.disconnect":
            pass


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type=_JSON)


def encoded_answer(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type=_JSON)


def empty_answer(status: int = 200) -> Response:
    return Response(b"", status)


def message_answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return json_answer({"message": message}, status, headers)


def unbound_answer(field: str, message: str) -> Response:
    """A Virtuous body that does not bind to the model (recorded)."""
    return json_answer({"message": "The request is invalid.", "modelState": {field: [message]}}, 400)


def virtuous_error(
    status: int,
    code: str,
    message: str,
    details: Sequence[Problem] = (),
    *,
    shape: str = "target",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error in one of the five documented bodies; `target` is the one Virtuous migrates to."""
    match shape:
        case "message":
            return message_answer(status, message, headers)
        case "oauth":
            return json_answer({"error": code.lower(), "error_description": message}, status, headers)
        case "text":
            return Response(message, status, headers, media_type="text/plain; charset=utf-8")
        case "empty":
            return Response(b"", status, headers)
        case _:
            error = {"code": code, "message": message, "details": list(details)}
            return json_answer({"error": error}, status, headers)
