"""The VOMO endpoints for users, in Laravel's envelope."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import Response

from sync_pipeline.sandbox.answers import encoded_answer, json_answer, message_answer
from sync_pipeline.sandbox.gate import VOMO, Call
from sync_pipeline.sandbox.organizations import VomoOrganization
from sync_pipeline.sandbox.vomo_store import PAGE_SIZE, Filters, Page

VomoCall = Call[VomoOrganization]
_A_DAY = timedelta(days=1) - timedelta(microseconds=1)


class _BadTimeError(ValueError):
    """A time filter that is no ISO 8601 value; carries the parameter's name."""


def list_users(call: VomoCall) -> Response:
    try:
        filters = _filters(call.request.query_params)
    except _BadTimeError as bad:
        text = f"The {str(bad).replace('_', ' ')} field must be a valid date."
        return json_answer({"message": text, "errors": {str(bad): [text]}}, 422)
    users = call.organization.users
    page = users.page(filters, _page_number(call.request.query_params))
    envelope = {"links": _links(call, page), "meta": _meta(call, page)}
    if users.oddities and page.number % 2:
        envelope = _oddly_typed(envelope)
    # The rows are encoded once per change, not once per page: a full read of 10,000 users is 667 pages.
    return encoded_answer(b'{"data":[' + b",".join(page.rows) + b"]," + msgspec.json.encode(envelope)[1:])


def one_user(call: VomoCall) -> Response:
    users = call.organization.users
    user = users.get(call.request.path_params["id"])
    if user is None:
        return message_answer(404, "No query results for model [App\\User].")
    return json_answer({"data": users.wire(user) | {"participations": [], "profile_field_values": []}})


def unknown_path(_: VomoCall) -> Response:
    return message_answer(404, "Not Found")


ROUTES = [
    VOMO.route("GET", "/vomo/v1/users", list_users),
    VOMO.route("GET", "/vomo/v1/users/{id:int}", one_user),
    VOMO.everything_else("/vomo/v1/{rest:path}", unknown_path),
]


def _filters(asked: QueryParams) -> Filters:
    return Filters(
        updated_after=_moment(asked, "updated_after"),
        updated_before=_moment(asked, "updated_before"),
        created_after=_moment(asked, "created_after"),
        created_before=_moment(asked, "created_before"),
        name_like=asked.get("name_like", "").lower(),
        email_like=asked.get("email_like", "").lower(),
    )


def _moment(asked: QueryParams, name: str) -> float | None:
    """Unix seconds. An unencoded `+` of an offset arrives as a space; a plain date is meant as that whole day."""
    if not (text := asked.get(name)):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise _BadTimeError(name) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    plain_date = len(text) == len("2026-01-31")
    return (moment + _A_DAY if plain_date and name.endswith("_before") else moment).timestamp()


def _page_number(asked: QueryParams) -> int:
    """Laravel takes anything but a positive number for page 1."""
    text = asked.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1


def _path(call: VomoCall) -> str:
    return str(call.request.url.replace(query=""))


def _links(call: VomoCall, page: Page) -> dict[str, Any]:
    others = [(name, value) for name, value in call.request.query_params.multi_items() if name != "page"]

    def link(number: int) -> str:
        return f"{_path(call)}?{urlencode([*others, ('page', str(number))])}"

    return {
        "first": link(1),
        "last": link(page.last),
        "prev": link(page.number - 1) if page.number > 1 else None,
        "next": link(page.number + 1) if page.number < page.last else None,
    }


def _meta(call: VomoCall, page: Page) -> dict[str, Any]:
    before = (page.number - 1) * PAGE_SIZE
    return {
        "current_page": page.number,
        "from": before + 1 if page.rows else None,
        "last_page": page.last,
        "path": _path(call),
        "per_page": PAGE_SIZE,
        "to": before + len(page.rows) if page.rows else None,
        "total": page.total,
    }


def _oddly_typed(envelope: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The two confusions of the published spec: meta numbers as strings, and "null" where a link is missing."""
    meta = {name: str(value) if isinstance(value, int) else value for name, value in envelope["meta"].items()}
    links = {name: "null" if value is None else value for name, value in envelope["links"].items()}
    return {"links": links, "meta": meta}
