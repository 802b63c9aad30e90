"""A clock that stands still until a test, or somebody's sleep, moves it."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 6, tzinfo=UTC)


class FakeClock:
    """Implements `ports.Clock` with virtual time: a sleep is over at once, and took as long as it was asked to."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self.reset()

    def reset(self) -> None:
        self._elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return 1_000 + self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._elapsed += seconds
        await asyncio.sleep(0)

    def advance(self, **duration: float) -> datetime:
        """Let time pass, in the words of `timedelta` (`minutes=5`); answers the new moment."""
        self._elapsed += timedelta(**duration).total_seconds()
        return self.now()
