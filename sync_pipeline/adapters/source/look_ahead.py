"""Pages fetched before their turn, at most so many at once, handed out in order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

Fetch = Callable[[int, httpx.URL], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Ahead:
    address: httpx.URL
    body: "asyncio.Future[Any]"


class LookAhead:
    """Fetches expected addresses in advance; never more than `concurrency` pages under way or waiting for their turn.

    The reader asks for the address that the page before really named. As long as expectations come true, its body is
    under way already; the first one that does not drops everything expected, and reading goes on one by one.
    """

    def __init__(self, fetch: Fetch, concurrency: int) -> None:
        self._fetch = fetch
        self._concurrency = concurrency
        self._expected: Iterator[tuple[int, httpx.URL]] = iter(())
        self._started: deque[Ahead] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._drop()

    def expect(self, pages: Iterator[tuple[int, httpx.URL]]) -> None:
        """Start fetching the first of these numbered pages; the others follow as pages are taken."""
        self._expected = pages
        self._fill()

    async def body(self, page: int, address: httpx.URL) -> Any:
        """The body at `address`, from what is under way or fetched now."""
        if not self._started or self._started[0].address != address:
            await self._drop()
            return await self._fetch(page, address)
        body = await self._started[0].body
        self._started.popleft()
        self._fill()
        return body

    def _fill(self) -> None:
        while len(self._started) < self._concurrency and (following := next(self._expected, None)):
            page, address = following
            self._started.append(Ahead(address, asyncio.ensure_future(self._fetch(page, address))))

    async def _drop(self) -> None:
        self._expected = iter(())
        dropped = [ahead.body for ahead in self._started]
        self._started.clear()
        for body in dropped:
            body.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)
