"""When the next request may leave: the connector's rate limit, and the pauses the source asks for."""

from collections import deque

from sync_pipeline.domain.configuration.connector import RateLimit
from sync_pipeline.ports import Clock


class Pace:
    """Shared by every request of one source, so that they wait together."""

    def __init__(self, clock: Clock, limit: RateLimit | None) -> None:
        self._clock = clock
        self._window = 0.0 if limit is None else float(limit.window_seconds)
        self._sent: deque[float] = deque(maxlen=limit.requests if limit else 0)
        self._resume_at = float("-inf")
        self.pauses = 0

    async def turn(self) -> None:
        """Wait until a request may leave, and count it as sent."""
        while (wait := self._wait()) > 0:
            await self._clock.sleep(wait)
        self._sent.append(self._clock.monotonic())

    def pause(self, seconds: float, *, throttled: bool) -> None:
        """Hold every further request back; answers that arrive during a pause lengthen it but are no new one."""
        now = self._clock.monotonic()
        if throttled and now >= self._resume_at:
            self.pauses += 1
        self._resume_at = max(self._resume_at, now + seconds)

    def _wait(self) -> float:
        now = self._clock.monotonic()
        free_at = self._sent[0] + self._window if self._sent and len(self._sent) == self._sent.maxlen else now
        return max(self._resume_at, free_at) - now
