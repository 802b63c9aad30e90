"""What the Virtuous endpoints have in common: permissions, bodies, pages, refusals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response

from sync_pipeline.sandbox.answers import empty_answer, json_answer, message_answer, unbound_answer, virtuous_error
from sync_pipeline.sandbox.gate import Call
from sync_pipeline.sandbox.refusal import NotFound, Problem, Refusal, Unbound
from sync_pipeline.sandbox.settings import OrganizationSettings
from sync_pipeline.sandbox.virtuous_organization import VirtuousOrganization

VirtuousCall = Call[VirtuousOrganization]
Endpoint = Callable[[VirtuousCall], Response]
Json = dict[str, Any]
Item = TypeVar("Item")

LARGEST_PAGE = 1000
LIST_PAGE = 10


@dataclass(frozen=True)
class Page:
    skip: int
    take: int


def permitted(module: str, action: str, endpoint: Endpoint) -> Endpoint:
    """403 for a key that may not do `action` to `module`, and for a disabled organization."""

    def checked(call: VirtuousCall) -> Response:
        settings = call.organization.settings
        if not settings.enabled or not settings.allows(module, action):
            return virtuous_error(403, "FORBIDDEN", "This key may not do that.", shape=settings.error_body)
        try:
            return endpoint(call)
        except NotFound:
            return empty_answer(404)
        except Unbound as unbound:
            return _unbound(call, unbound)
        except Refusal as refusal:
            status = refusal.status or settings.validation_status
            return virtuous_error(
                status, "VALIDATION_FAILED", refusal.message, refusal.details, shape=settings.error_body
            )

    return checked


def where(has: Callable[[OrganizationSettings], bool], endpoint: Endpoint) -> Endpoint:
    """Organizations that have it not answer as for a path that does not exist."""
    return lambda call: endpoint(call) if has(call.organization.settings) else unknown_path(call)


def unknown_path(call: VirtuousCall) -> Response:
    return message_answer(404, f"No HTTP resource was found that matches the request URI '{call.request.url.path}'.")


def decoded(call: VirtuousCall) -> Any:
    try:
        return msgspec.json.decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def object_body(call: VirtuousCall) -> Json:
    body = decoded(call)
    if not isinstance(body, dict):
        raise Unbound("model", "The body could not be read.")
    return body


def rows_body(call: VirtuousCall) -> list[Json]:
    """The body of the bulk calls that only the guides name: an array of single bodies."""
    body = decoded(call)
    if not are_rows(body):
        raise Unbound("models", "The value is not an array of objects.")
    return body


def are_rows(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(row, dict) for row in found)


def path_id(call: VirtuousCall, name: str) -> int:
    return int(call.request.path_params[name])


def deleted(call: VirtuousCall) -> Response:
    return empty_answer(call.organization.settings.delete_status)


def page_of(call: VirtuousCall, usual: int = LIST_PAGE) -> Page:
    """`skip` and `take` of the query string; more than 1,000 rows are refused."""
    asked = call.request.query_params
    try:
        page = Page(int(asked.get("skip", "0")), int(asked.get("take", str(usual))))
    except ValueError:
        page = Page(-1, 0)
    if page.skip < 0 or not 0 < page.take <= LARGEST_PAGE:
        raise Refusal(Problem("take", "OUT_OF_RANGE", "take is at most 1000."), status=400)
    return page


def listed(items: Sequence[Item], page: Page, shape: Callable[[Item], Json]) -> Response:
    rows = [shape(one) for one in items[page.skip : page.skip + page.take]]
    return json_answer({"list": rows, "total": len(items)})


def sorted_by(call: VirtuousCall, items: Sequence[Item], sorts: dict[str, Callable[[Item], Any]]) -> list[Item]:
    """By `sortBy` and `descending` of the query string; by id when nothing is asked."""
    asked = call.request.query_params
    sort = sorts.get(asked.get("sortBy") or "Id")
    if sort is None:
        raise Refusal(Problem("sortBy", "INVALID_QUERY", "There is no such field to sort by."), status=400)
    return sorted(items, key=sort, reverse=asked.get("descending", "").lower() == "true")


def _unbound(call: VirtuousCall, unbound: Unbound) -> Response:
    """Both were recorded: a message alone for a body that is not there, with the model's state for a wrong one."""
    if call.body.strip() in {b"", b"null"}:
        return message_answer(400, f"Value cannot be null. Parameter name: {unbound.field}")
    return unbound_answer(unbound.field, unbound.message)
