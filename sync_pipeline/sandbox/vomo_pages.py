"""Laravel's numbered pages: which rows are on one, and the envelope around them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from sync_pipeline.sandbox.answers import encoded_answer

PAGE_SIZE = 15  # fixed by the platform; there is no parameter for it
Item = TypeVar("Item")


@dataclass(frozen=True)
class Page:
    """One page: its encoded rows, and where it stands. `number` may lie beyond `last`."""

    rows: list[bytes]
    number: int
    last: int
    total: int


def page_of(items: Sequence[Item], number: int, encode: Callable[[Item], bytes]) -> Page:
    start = (number - 1) * PAGE_SIZE
    rows = [encode(item) for item in items[start : start + PAGE_SIZE]]
    return Page(rows, number, max(1, -(-len(items) // PAGE_SIZE)), len(items))


def page_number(asked: QueryParams) -> int:
    """Laravel takes anything but a positive number for page 1."""
    text = asked.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1


def page_answer(request: Request, page: Page, *, oddities: bool) -> Response:
    envelope = {"links": _links(request, page), "meta": _meta(request, page)}
    if oddities and page.number % 2:
        envelope = _oddly_typed(envelope)
    # The rows come encoded: a full read of 10,000 users is 667 pages, and most rows do not change between reads.
    return encoded_answer(b'{"data":[' + b",".join(page.rows) + b"]," + msgspec.json.encode(envelope)[1:])


def _path(request: Request) -> str:
    return str(request.url.replace(query=""))


def _links(request: Request, page: Page) -> dict[str, Any]:
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]

    def link(number: int) -> str:
        return f"{_path(request)}?{urlencode([*others, ('page', str(number))])}"

    return {
        "first": link(1),
        "last": link(page.last),
        "prev": link(page.number - 1) if page.number > 1 else None,
        "next": link(page.number + 1) if page.number < page.last else None,
    }


def _meta(request: Request, page: Page) -> dict[str, Any]:
    before = (page.number - 1) * PAGE_SIZE
    return {
        "current_page": page.number,
        "from": before + 1 if page.rows else None,
        "last_page": page.last,
        "path": _path(request),
        "per_page": PAGE_SIZE,
        "to": before + len(page.rows) if page.rows else None,
        "total": page.total,
    }


def _oddly_typed(envelope: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The two confusions of the published spec: meta numbers as strings, and "null" where a link is missing."""
    meta = {name: str(value) if isinstance(value, int) else value for name, value in envelope["meta"].items()}
    links = {name: "null" if value is None else value for name, value in envelope["links"].items()}
    return {"links": links, "meta": meta}
