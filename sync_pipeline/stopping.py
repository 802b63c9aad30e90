"""Being told to stop: what sleeps ends at once, what is under way gets a moment, and nothing new begins."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from sync_pipeline.ports import Clock

GRACE_SECONDS = 5.0
"""For a request under way, of the 10 s in which a process is to be gone. What gets no answer until then is in doubt."""

TOLD_TO_STOP = "the process was told to stop"


class Stop:
    """A request to stop, from a signal's handler or from anywhere else; there is no way back."""

    def __init__(self) -> None:
        self._is_requested = False
        self._told: set[Callable[[], object]] = set()

    @property
    def is_requested(self) -> bool:
        return self._is_requested

    def request(self) -> None:
        self._is_requested = True
        for tell in tuple(self._told):
            tell()

    @asynccontextmanager
    async def limiting(self, seconds: float | None = None, *, grace: float = 0) -> AsyncGenerator[None]:
        """At most so many seconds for the block, and at most `grace` of them once a stop is requested.

        Raises:
            TimeoutError: they were over.
        """
        loop, is_over = asyncio.get_running_loop(), False
        async with asyncio.timeout(seconds) as limit:

            def hurry() -> None:
                ends_at = loop.time() + grace
                before = limit.when()
                if not is_over and not limit.expired() and (before is None or ends_at < before):
                    limit.reschedule(ends_at)

            def tell() -> None:
                loop.call_soon_threadsafe(hurry)  # a signal's handler alone does not wake the loop

            if self._is_requested:
                hurry()
            self._told.add(tell)
            try:
                yield
            finally:
                is_over = True
                self._told.discard(tell)

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep, but not once a stop is requested."""
        with suppress(TimeoutError):
            async with self.limiting():
                await clock.sleep(seconds)


PROCESS = Stop()
"""Of the whole process, like the signals that request it."""
