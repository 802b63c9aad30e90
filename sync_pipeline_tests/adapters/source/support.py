"""A virtual clock, a scripted source at the HTTP edge, and short ways to read it."""

import asyncio
import heapq
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx

from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.configuration import Connector, CustomerSource
from sync_pipeline.domain.cut import Page, ReadPlan, Strategy

BASE = "https://api.example.org/v1"
TOKEN = "made-up-token"
START = datetime(2026, 3, 1, 22, tzinfo=UTC)
TURNS_UNTIL_IDLE = 60

Handler = Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class VirtualClock:
    """Implements `ports.Clock`: time moves only when everybody waits, straight to the first who wakes."""

    def __init__(self) -> None:
        self._elapsed = 1000.0
        self._sleepers: list[tuple[float, int]] = []
        self._numbers = count()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed - 1000)

    def monotonic(self) -> float:
        return self._elapsed

    @property
    def elapsed(self) -> float:
        return self._elapsed - 1000

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        sleeper = (self._elapsed + seconds, next(self._numbers))
        heapq.heappush(self._sleepers, sleeper)
        try:
            while True:
                for _ in range(TURNS_UNTIL_IDLE):
                    await asyncio.sleep(0)
                if self._sleepers[0] == sleeper:
                    self._elapsed = max(self._elapsed, sleeper[0])
                    return
        finally:
            self._sleepers.remove(sleeper)
            heapq.heapify(self._sleepers)


class Script:
    """Answers the requests in turn; after the last one it repeats the last. Keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = answers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        # A response object is good for one request.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def addresses(self) -> list[str]:
        return [str(request.url) for request in self.requests]


def page(ids: Sequence[Any], following: Any = None, **more: Any) -> httpx.Response:
    """A VOMO-like page."""
    return httpx.Response(200, json={"data": [{"id": one} for one in ids], "links": {"next": following}, **more})


def stream(**changes: Any) -> dict[str, Any]:
    return {
        "path": "/users",
        "key": ["id"],
        "records": "data",
        "total": "meta.total",
        "pagination": {"kind": "next_link", "path": "links.next"},
        **changes,
    }


CURSOR = stream(pagination={"kind": "cursor", "path": "next", "parameter": "cursor"})


class Api:
    """Answers by path below the base address; an unknown one is a 404. Keeps what was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.get(request.url.path.removeprefix("/v1"), httpx.Response(404))
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return httpx.Response(200, json=answer)

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode().removeprefix("/v1") for request in self.requests]


def open_source(
    handler: Handler,
    described: dict[str, Any] | None = None,
    clock: VirtualClock | None = None,
    others: Mapping[str, dict[str, Any]] | None = None,
    **connector: Any,
) -> HttpSource:
    """A source with the stream `users`, its connector as `described`; `others` are more of the connector's streams."""
    streams = {"users": described or stream(), **(others or {})}
    document = {"connector": "test", "base_url": BASE, "streams": streams, **connector}
    model = Connector.model_validate_json(json.dumps(document))
    return HttpSource(
        CustomerSource(connector=model, reference_source="TEST"),
        {"users": model.stream("users")},
        TOKEN,
        clock or VirtualClock(),
        transport=httpx.MockTransport(handler),
        random=Random(7),  # noqa: S311 - spreads retries, the same way in every test
    )


def plan(**changes: Any) -> ReadPlan:
    values = {"stream": "users", "strategy": Strategy.FULL_SNAPSHOT, "since": None, "concurrency": 1, "tries": 10}
    return ReadPlan(**{**values, **changes})


async def collect(pages: AsyncGenerator[Page, None]) -> list[Page]:
    async with aclosing(pages):
        return [one async for one in pages]


def read(source: HttpSource, **changes: Any) -> list[Page]:
    """All pages of `users`; the source is closed afterwards."""

    async def session() -> list[Page]:
        async with source:
            return await collect(source.pages(plan(**changes)))

    return asyncio.run(session())


def walk(source: HttpSource, **changes: Any) -> list[Page]:
    return read(source, strategy=Strategy.WALK_PARENTS, **changes)


def check(source: HttpSource) -> None:
    async def session() -> None:
        async with source:
            await source.check("users")

    asyncio.run(session())


def keys(pages: Sequence[Page]) -> list[str | None]:
    return [row["_key"] for one in pages for row in one.rows]
