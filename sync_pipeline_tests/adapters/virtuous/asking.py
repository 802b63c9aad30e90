"""Asks a VirtuousClient one question against a made-up server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.ports import Destination

T = TypeVar("T")
Handler = Callable[[httpx.Request], httpx.Response]


def ask(
    handler: Handler, call: Callable[[Destination], Awaitable[T]], *, key: str = "tok-123", trace_id: str | None = None
) -> T:
    """What `call` answers against a server that behaves like `handler`."""

    async def run() -> T:
        async with VirtuousClient(
            "https://virtuous.test",
            key,
            now=lambda: datetime(2026, 3, 4, tzinfo=UTC),
            transport=httpx.MockTransport(handler),
            trace_id=trace_id,
        ) as client:
            return await call(client)

    return asyncio.run(run())


def answering(status: int = 200, body: Any = b"", **headers: str) -> Handler:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: httpx.Response(status, content=content, headers=headers)
