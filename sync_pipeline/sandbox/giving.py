"""The giving platform: cursor pages over four kinds of records, in order of id."""

from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Route

from sync_pipeline.sandbox.answers import json_answer
from sync_pipeline.sandbox.gate import GIVING, Call
from sync_pipeline.sandbox.giving_cursor import FIRST_PAGE, cursor_after, record_before
from sync_pipeline.sandbox.giving_tables import GIVING_KINDS, GivingKind
from sync_pipeline.sandbox.organizations import GivingOrganization
from sync_pipeline.sandbox.seed import seconds_of

GivingCall = Call[GivingOrganization]
_DEFAULT_LIMIT = 50
_MOST = 100


def list_records(call: GivingCall, kind: GivingKind) -> Response:
    """The filters count on every page: a cursor remembers only where the last one ended."""
    asked = call.request.query_params
    try:
        limit, after = _limit(asked), record_before(asked.get("cursor", FIRST_PAGE))
        since = _moment(asked["updated_since"]) if "updated_since" in asked else None
    except ValueError as error:
        return _refused(400, "invalid_request", str(error))
    rows = [
        row
        for row in call.organization.tables[kind].all()
        if row["id"] > after and (since is None or seconds_of(row["updated_at"]) >= since)
    ]
    page, has_more = rows[:limit], len(rows) > limit
    return json_answer(
        {"data": page, "next_cursor": cursor_after(page[-1]["id"]) if has_more else None, "has_more": has_more}
    )


def unknown_path(_: GivingCall) -> Response:
    return _refused(404, "not_found", "There is no such resource.")


def _list_of(kind: GivingKind) -> Route:
    return GIVING.route("GET", f"/giving/v1/{kind}", lambda call: list_records(call, kind))


ROUTES = [
    *(_list_of(kind) for kind in GIVING_KINDS),
    GIVING.everything_else("/giving/v1/{rest:path}", unknown_path),
]


def _limit(asked: QueryParams) -> int:
    text = asked.get("limit", str(_DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST):
        raise ValueError(f"limit has to be a number from 1 to {_MOST}")
    return int(text)


def _moment(text: str) -> float:
    """Unix seconds. An unencoded `+` of an offset arrives as a space."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ValueError("updated_since has to be an ISO 8601 time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _refused(status: int, code: str, message: str) -> Response:
    error: dict[str, Any] = {"code": code, "message": message}
    return json_answer({"error": error}, status)
