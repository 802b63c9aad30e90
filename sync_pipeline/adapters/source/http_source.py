"""A source read over HTTP as its connector describes it."""

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import timedelta
from functools import cache
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx

from sync_pipeline.adapters.logs import silence_http_logs
from sync_pipeline.adapters.source.access import Access
from sync_pipeline.adapters.source.asking import stream_address
from sync_pipeline.adapters.source.auth import authentication, sent_as
from sync_pipeline.adapters.source.fetch import Fetcher
from sync_pipeline.adapters.source.filter_trial import FilterTrier
from sync_pipeline.adapters.source.lists import Fetch, ListReader
from sync_pipeline.adapters.source.pace import Forgetful, Pace
from sync_pipeline.adapters.source.place import Place
from sync_pipeline.adapters.source.sampling import Sampler
from sync_pipeline.adapters.source.stream_pages import stream_pages
from sync_pipeline.adapters.source.walk import walk_pages
from sync_pipeline.domain.configuration import ConnectorStream, CustomerSource
from sync_pipeline.domain.cut import Page, ReadPlan, Strategy
from sync_pipeline.domain.stream_sample import FilterTrial, StreamSample
from sync_pipeline.domain.trace import TRACEPARENT, traceparent
from sync_pipeline.ports import Clock, PaceMemory

TIMEOUT = httpx.Timeout(30, connect=10)
# The read's own window bounds what is in flight; a pool limit would only turn waiting into timeouts.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)
HEADERS = {"Accept": "application/json", "User-Agent": "sync-pipeline"}
# A person may be waiting for the answer: with 5 tries an outage is reported after some 15 s, not after minutes.
CHECK_TRIES = 5


class HttpSource:
    """Implements `ports.Source`. Use it as an async context manager inside the running loop.

    `streams` maps the names used in read plans to their connector descriptions, defaults filled in. `memory` knows what
    was asked of the account before; who has `patience` parks rather than wait for longer. With a `trace_id` every
    request carries `traceparent`.
    """

    def __init__(
        self,
        config: CustomerSource,
        streams: Mapping[str, ConnectorStream],
        token: str | None,
        clock: Clock,
        *,
        memory: PaceMemory | None = None,
        patience: timedelta | None = None,
        trace_id: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        random: Random | None = None,
    ) -> None:
        silence_http_logs()
        self._access = Access(config.address, config.connector, clock.now)
        self._streams = streams
        self._client = httpx.AsyncClient(
            auth=authentication(config.connector.auth, token),
            headers=HEADERS,
            timeout=TIMEOUT,
            limits=LIMITS,
            transport=transport,
            verify=_tls(),
            event_hooks={} if trace_id is None else {"request": [_tracing(trace_id)]},
        )
        jitter = random or Random()  # noqa: S311 - spreads retries, guards nothing
        self._pace = Pace(clock, config.connector.rate_limit, memory or Forgetful(), patience)
        self._fetcher = Fetcher(self._client, clock, self._pace, jitter, sent_as(config.connector.auth))

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pace.close()
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
        """Ask for the first page and throw it away; of a walked stream, for that of its topmost parent.

        Raises:
            SourceRefused: the source answered 401 or 403.
            SourceError: the page is not what the connector describes, or there is no answer.
        """
        name, described = stream, self._streams[stream]
        while described.walk is not None:
            name = described.walk.parent
            described = self._access.connector.stream(name)
        address = stream_address(self._access.base, name, described)
        await self._sampler().first_page(self._access.listing_to_try(name, described, address))

    async def sample(self, stream: str, limit: int) -> StreamSample:
        """One page of a stream, and of everything it is walked below; see `ports.Source`."""
        return await self._sampler().sample(stream, self._streams[stream], limit)

    async def try_filter(self, stream: str, sample: StreamSample, overlap: timedelta) -> FilterTrial | None:
        """The filter of modified_since on the records of a page; see `ports.Source`."""
        described = self._streams[stream]
        if described.modified is None:
            return None
        fetch = self._with_tries(CHECK_TRIES)
        return await FilterTrier(self._access, fetch, stream, described, described.modified).trial(sample.rows, overlap)

    async def pages(self, plan: ReadPlan) -> AsyncGenerator[Page, None]:
        """Read a stream page by page; see `ports.Source`."""
        stream = self._streams[plan.stream]
        reader = ListReader(self._with_tries(plan.tries), plan.concurrency)
        walks = plan.strategy is Strategy.WALK_PARENTS and stream.walk is not None
        read = walk_pages if walks else stream_pages
        async with aclosing(read(self._access, reader, plan, stream)) as pages:
            async for page in pages:
                yield page

    def _sampler(self) -> Sampler:
        return Sampler(self._access, self._with_tries(CHECK_TRIES))

    def _with_tries(self, tries: int) -> Fetch:
        async def fetch(place: Place, address: httpx.URL) -> Any:
            return await self._fetcher.fetch(place, address, tries)

        return fetch


def _tracing(trace_id: str) -> Callable[[httpx.Request], Awaitable[None]]:
    async def add(request: httpx.Request) -> None:
        request.headers[TRACEPARENT] = traceparent(trace_id)

    return add


@cache
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes 40 ms of CPU (measured): once per process, not once per customer of a sweep."""
    return httpx.create_ssl_context()
