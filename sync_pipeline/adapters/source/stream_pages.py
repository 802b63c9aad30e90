"""A stream that is read by itself: as one list, in windows, or on from a token."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus

import httpx
import structlog

from sync_pipeline.adapters.source.access import Access
from sync_pipeline.adapters.source.asking import planned_address
from sync_pipeline.adapters.source.body import MISSING, kind_of, look_up
from sync_pipeline.adapters.source.guards import ReadGuard
from sync_pipeline.adapters.source.list_cursor import ListCursor
from sync_pipeline.adapters.source.listing import ListPage
from sync_pipeline.adapters.source.lists import ListReader
from sync_pipeline.adapters.source.place import Place, shape_error
from sync_pipeline.adapters.source.verdict import UnusableStatus
from sync_pipeline.adapters.source.windows import window_pages
from sync_pipeline.domain.configuration import ConnectorStream
from sync_pipeline.domain.configuration.connector import Changes
from sync_pipeline.domain.configuration.pagination import SinceUntil
from sync_pipeline.domain.cut import Page, ReadPlan, Strategy

log = structlog.get_logger()

EXPIRED = (
    "The source no longer knew the token of {stream} (HTTP {status}), so everything was read again. If this comes "
    "often, read the stream more often than the platform forgets its tokens."
)


async def stream_pages(
    access: Access, reader: ListReader, plan: ReadPlan, stream: ConnectorStream
) -> AsyncGenerator[Page, None]:
    """Read the stream as planned; without its token when the source has forgotten that."""
    expired: UnusableStatus | None = None
    try:
        async with aclosing(_pages(access, reader, plan, stream)) as pages:
            async for page in pages:
                yield page
    except UnusableStatus as error:
        if not _token_expired(error, plan, stream):
            raise
        expired = error
    if expired is None:
        return
    log.warning("source_token_expired", stream=plan.stream, status=expired.status)
    note: str | None = EXPIRED.format(stream=plan.stream, status=expired.status)
    async with aclosing(_pages(access, reader, replace(plan, token=None, after=None), stream)) as pages:
        async for page in pages:
            yield replace(page, from_nothing=True, note=note)
            note = None


async def list_pages(
    access: Access, reader: ListReader, plan: ReadPlan, stream: ConnectorStream, address: httpx.URL
) -> AsyncGenerator[ListPage, None]:
    """The pages of a stream's own list, in windows where its pagination asks for them."""
    guard = _guard(stream, plan)
    paging = stream.pagination
    if isinstance(paging, SinceUntil):
        windows = access.windows(plan.stream, stream, paging, address, plan.since, plan.after)
        pages = window_pages(reader, windows, guard)
    else:
        start = None if plan.after is None else ListCursor.decode(plan.after)
        pages = reader.pages(replace(access.listing(plan.stream, stream, address), start=start), guard)
    async with aclosing(pages):
        async for page in pages:
            yield page


async def _pages(
    access: Access, reader: ListReader, plan: ReadPlan, stream: ConnectorStream
) -> AsyncGenerator[Page, None]:
    address = planned_address(access.base, stream, plan)
    changes = stream.changes if plan.strategy is Strategy.CHANGES_SINCE else None
    async with aclosing(list_pages(access, reader, plan, stream, address)) as pages:
        async for one in pages:
            token = _token(one.place, changes, one.body) if one.last and changes else None
            yield replace(one.page, short=one.short, token=token)


def _token(place: Place, changes: Changes, body: object) -> str:
    token = look_up(body, changes.path)
    if isinstance(token, bool) or not isinstance(token, str | int) or token == "":
        found = "an empty text" if token == "" else "nothing there" if token is MISSING else kind_of(token)
        raise shape_error(place, f"a token to go on from at `{changes.path}` of the last page", found)
    return str(token)


def _token_expired(error: UnusableStatus, plan: ReadPlan, stream: ConnectorStream) -> bool:
    """410 says so; so does a 400 to a request with a token, unless its body names another parameter that was sent."""
    if plan.token is None:
        return False
    return error.status == HTTPStatus.GONE or (
        error.status == HTTPStatus.BAD_REQUEST and not error.names_any(stream.parameters)
    )


def _guard(stream: ConnectorStream, plan: ReadPlan) -> ReadGuard:
    incremental = plan.strategy is Strategy.MODIFIED_SINCE and stream.modified is not None
    field = stream.modified.field if incremental and stream.modified else None
    return ReadGuard(field, filtered=plan.since is not None)
