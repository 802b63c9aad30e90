"""Several started at once, taken in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def abreast(
    items: AsyncIterator[Item], start: Callable[[Item], Coroutine[Any, Any, Result]], concurrency: int
) -> AsyncGenerator[tuple[Item, "asyncio.Task[Result]"], None]:
    """Each item with its task, in the order of the items; never more than `concurrency` of them started and not over.

    Whoever takes a pair awaits its task; it is over when the next one is asked for. What was started in vain is
    cancelled at the end.
    """
    started: deque[tuple[Item, asyncio.Task[Result]]] = deque()
    try:
        async for item in items:
            started.append((item, asyncio.ensure_future(start(item))))
            if len(started) >= concurrency:
                yield started[0]
                started.popleft()
        while started:
            yield started[0]
            started.popleft()
    finally:
        for _, task in started:
            task.cancel()
        await asyncio.gather(*(task for _, task in started), return_exceptions=True)
