"""A source read over HTTP as its connector describes it."""

import logging
import ssl
from collections.abc import AsyncGenerator, Mapping
from functools import cache, partial
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx

from sync_pipeline.adapters.source.asking import planned_address, stream_address
from sync_pipeline.adapters.source.auth import authentication
from sync_pipeline.adapters.source.body import read_page
from sync_pipeline.adapters.source.fetch import Fetcher
from sync_pipeline.adapters.source.guards import ReadGuard
from sync_pipeline.adapters.source.links import counted
from sync_pipeline.adapters.source.look_ahead import LookAhead
from sync_pipeline.adapters.source.pagination import next_address
from sync_pipeline.adapters.source.place import Place
from sync_pipeline.domain.configuration import ConnectorStream, CustomerSource
from sync_pipeline.domain.configuration.connector import NextLink, Pagination, SinglePage
from sync_pipeline.domain.cut import Page, ReadPlan, Strategy
from sync_pipeline.ports import Clock

TIMEOUT = httpx.Timeout(30, connect=10)
# The read's own window bounds what is in flight; a pool limit would only turn waiting into timeouts.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)
HEADERS = {"Accept": "application/json", "User-Agent": "sync-pipeline"}
# A person may be waiting for the answer: with 5 tries an outage is reported after some 15 s, not after minutes.
CHECK_TRIES = 5


class HttpSource:
    """Implements `ports.Source`. Use it as an async context manager inside the running loop.

    `streams` maps the names used in read plans to their connector descriptions, defaults filled in.
    """

    def __init__(
        self,
        config: CustomerSource,
        streams: Mapping[str, ConnectorStream],
        token: str | None,
        clock: Clock,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        random: Random | None = None,
    ) -> None:
        # httpx logs every address with its query at INFO: filters, and a token sent as a parameter.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._base = config.address
        self._streams = streams
        self._client = httpx.AsyncClient(
            auth=authentication(config.connector.auth, token),
            headers=HEADERS,
            timeout=TIMEOUT,
            limits=LIMITS,
            transport=transport,
            verify=_tls(),
        )
        jitter = random or Random()  # noqa: S311 - spreads retries, guards nothing
        self._fetcher = Fetcher(self._client, clock, config.connector.rate_limit, jitter)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, traceback)

    @property
    def requests(self) -> int:
        """Requests sent so far, retries included."""
        return self._fetcher.requests

    @property
    def pauses(self) -> int:
        """How often a 429 made it wait; answers during one pause count once."""
        return self._fetcher.pauses

    async def check(self, stream: str) -> None:
        """Ask for the first page and throw it away.

        Raises:
            SourceRefused: the source answered 401 or 403.
            SourceError: the page is not what the connector describes, or there is no answer.
        """
        described = self._streams[stream]
        place = Place(stream, 1)
        address = stream_address(self._base, stream, described)
        body = await self._fetcher.fetch(place, address, CHECK_TRIES)
        read_page(place, described, body)
        next_address(_pagination(described), place, address, address, body)

    async def pages(self, plan: ReadPlan) -> AsyncGenerator[Page, None]:
        """Read a stream page by page; see `ports.Source`."""
        stream = self._streams[plan.stream]
        pagination = _pagination(stream)
        first = planned_address(self._base, stream, plan)
        guard = _guard(stream, plan)
        place = Place(plan.stream, 1)
        address = first
        async with LookAhead(partial(self._fetch, plan), plan.concurrency) as ahead:
            while True:
                guard.visit(place, address)
                body = await ahead.body(place.page, address)
                page = read_page(place, stream, body)
                guard.accept(place, page)
                following = next_address(pagination, place, first, address, body)
                if following is not None and address is first and plan.concurrency > 1:
                    _look_ahead(ahead, pagination, page, first, following)
                yield page
                if following is None:
                    break
                place = Place(plan.stream, place.page + 1)
                address = following
        guard.end(place)

    async def _fetch(self, plan: ReadPlan, page: int, address: httpx.URL) -> Any:
        return await self._fetcher.fetch(Place(plan.stream, page), address, plan.tries)


def _look_ahead(ahead: LookAhead, pagination: Pagination, page: Page, first: httpx.URL, following: httpx.URL) -> None:
    """Start on the pages after the first, where their addresses and their number are known."""
    if not isinstance(pagination, NextLink) or not page.rows or not page.total:
        return
    if counting := counted(first, following):
        ahead.expect(counting.addresses(-(-page.total // len(page.rows))))


def _guard(stream: ConnectorStream, plan: ReadPlan) -> ReadGuard:
    incremental = plan.strategy is Strategy.MODIFIED_SINCE and stream.modified is not None
    field = stream.modified.field if incremental and stream.modified else None
    return ReadGuard(field, filtered=plan.since is not None)


def _pagination(stream: ConnectorStream) -> Pagination:
    return stream.pagination or SinglePage(kind="none")


@cache
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes 40 ms of CPU (measured): once per process, not once per customer of a sweep."""
    return httpx.create_ssl_context()
