"""How fast one account of a source may be asked: what its connector says, and what its refusals have taught."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

USUAL_WINDOWS = tuple(timedelta(seconds=seconds) for seconds in (1, 10, 60))
"""Of sources whose connector names none: most platforms count by the minute, some by the second."""
LEAST_A_MINUTE = 10
"""Requests that no refusal takes from such a source, but one a window."""
DECREASE = 0.5
INCREASE = 0.05
"""Of what the connector says, for each window without a refusal."""
INCREASE_OF_UNKNOWN = 0.1
"""Of what an unknown limit was found to be; at least half a request a window, and 5 a minute."""


@dataclass(frozen=True, slots=True)
class PermitBlock:
    """So many requests that may have left between `at` and the next block: a killed process cannot tell."""

    at: datetime
    requests: int


@dataclass(frozen=True, slots=True)
class SourcePace:
    """At most `limit` requests per window; no limit is known while it is None.

    `ceiling` is what the connector says; without one the window is a guess as well. `changed_at`: when the limit was
    found, or last raised.
    """

    window: timedelta
    ceiling: int | None
    limit: float | None
    changed_at: datetime
    blocked_until: datetime | None = None
    refused_at: datetime | None = None

    @classmethod
    def unlearnt(cls, ceiling: int | None, window: timedelta | None, now: datetime) -> Self:
        return cls(window or USUAL_WINDOWS[0], ceiling, None if ceiling is None else float(ceiling), now)

    @property
    def span(self) -> timedelta:
        """How long a request counts: one that arrives late is counted from then on."""
        return self.window * 1.01

    @property
    def requests(self) -> int | None:
        """The limit in whole requests."""
        return None if self.limit is None else max(1, int(self.limit))

    @property
    def block(self) -> int:
        """How many requests to account for at once."""
        return max(1, (self.requests or 1) // 20)

    @property
    def memory(self) -> timedelta:
        """How long a request has to be known: a later refusal may show that the window is longer."""
        return self.span if self.ceiling is not None else max(self.span, USUAL_WINDOWS[-1])

    def refused(self, sent: Sequence[datetime], wait: timedelta, now: datetime) -> Self:
        """A 429: half of what was known from now on, or of what was sent in the window; nothing for this `wait`.

        Where nobody named the window, it is the shortest usual one that no wait so far exceeds: a limit by the second
        never asks for more than a second, one by the minute will, and so will our own waits when tries keep failing.
        Several refusals within one window are about the same requests, and halve once.
        """
        blocked = replace(self, blocked_until=now + wait, refused_at=now, changed_at=now)
        window = self.window if self.ceiling is not None else max(self.window, usual_window(wait))
        known = self.limit
        if known is None or window > self.window:
            known = len(sent) - bisect_right(sent, now - window)
        elif self.refused_at is not None and now - self.refused_at < self.span:
            return blocked
        return replace(blocked, window=window, limit=max(self._least(window), known * DECREASE))

    def _least(self, window: timedelta) -> float:
        by_the_minute = LEAST_A_MINUTE * (window / timedelta(minutes=1))
        return max(1.0, by_the_minute if self.ceiling is None else self.ceiling * INCREASE)

    def held(self, until: datetime) -> Self:
        """Nothing before `until`, for another reason than the rate."""
        return replace(self, blocked_until=until if self.blocked_until is None else max(until, self.blocked_until))

    def recovered(self, now: datetime) -> Self:
        """A little more after a window without a refusal; after a long time without requests no more than that."""
        if self.limit is None or self.limit == self.ceiling or now - self.changed_at < self.window:
            return self
        if self.ceiling is None:
            step = max(0.5, 5 * (self.window / timedelta(minutes=1)), self.limit * INCREASE_OF_UNKNOWN)
            return replace(self, limit=self.limit + step, changed_at=now)
        raised = self.limit + max(1.0, self.ceiling * INCREASE)
        return replace(self, limit=min(float(self.ceiling), raised), changed_at=now)

    def obstacle(self, sent: Sequence[datetime], now: datetime, wanted: int = 1) -> tuple[datetime, str]:
        """When so many requests may leave, and what is in the way; `sent` are those of the window, oldest first."""
        blocked = self.blocked_until or now
        over = bisect_right(sent, now - self.span)
        surplus = 0 if self.requests is None else len(sent) - over + wanted - self.requests
        if surplus <= 0:
            return blocked, "the source asked to wait"
        # After a clock was set back, a request of the future counts for no longer than one of now.
        free = min(sent[min(over + surplus, len(sent)) - 1], now) + self.span if len(sent) > over else now
        return max((blocked, "the source asked to wait"), (free, "the rate limit of the source is used up"))

    def worth_a_slice(self) -> int:
        """How many requests have to be free for another slice to start."""
        return max(1, (self.requests or 1) // 4)


def usual_window(wait: timedelta) -> timedelta:
    return next((window for window in USUAL_WINDOWS if window >= wait), USUAL_WINDOWS[-1])


@dataclass(frozen=True, slots=True)
class PaceRecord:
    """What outlives a process: the pace, and the requests that may have left in its window."""

    pace: SourcePace
    blocks: tuple[PermitBlock, ...]
