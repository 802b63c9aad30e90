"""How fast one account of a source may be asked: what its connector says, and what its refusals have taught."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

USUAL_WINDOW = timedelta(minutes=1)
"""Of a source whose connector names no limit: most platforms count by the minute."""
LEAST = 10
"""Requests a window that no refusal takes from such a source: a single early one says little about its limit."""
DECREASE = 0.5
INCREASE = 0.05
"""Of what the connector says, for each window without a refusal."""
INCREASE_OF_UNKNOWN = 5.0


@dataclass(frozen=True, slots=True)
class PermitBlock:
    """So many requests that may have left between `at` and the next block: a killed process cannot tell."""

    at: datetime
    requests: int


@dataclass(frozen=True, slots=True)
class SourcePace:
    """At most `limit` requests per window; no limit is known while it is None.

    `ceiling` is what the connector says. `changed_at`: when the limit was found, or last raised.
    """

    window: timedelta
    ceiling: int | None
    limit: float | None
    changed_at: datetime
    blocked_until: datetime | None = None

    @classmethod
    def unlearnt(cls, ceiling: int | None, window: timedelta | None, now: datetime) -> Self:
        return cls(window or USUAL_WINDOW, ceiling, None if ceiling is None else float(ceiling), now)

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

    def refused(self, sent: int, until: datetime, now: datetime) -> Self:
        """A 429: half of what was known from now on, or of what was sent in the window; nothing before `until`."""
        known = sent if self.limit is None else self.limit
        least = LEAST if self.ceiling is None else max(1.0, self.ceiling * INCREASE)
        return replace(self, limit=max(least, known * DECREASE), changed_at=now, blocked_until=until)

    def held(self, until: datetime) -> Self:
        """Nothing before `until`, for another reason than the rate."""
        return replace(self, blocked_until=until if self.blocked_until is None else max(until, self.blocked_until))

    def recovered(self, now: datetime) -> Self:
        """A little more after a window without a refusal; after a long time without requests no more than that."""
        if self.limit is None or self.limit == self.ceiling or now - self.changed_at < self.window:
            return self
        if self.ceiling is None:
            return replace(self, limit=self.limit + INCREASE_OF_UNKNOWN, changed_at=now)
        raised = self.limit + max(1.0, self.ceiling * INCREASE)
        return replace(self, limit=min(float(self.ceiling), raised), changed_at=now)

    def obstacle(self, sent: Sequence[datetime], now: datetime, wanted: int = 1) -> tuple[datetime, str]:
        """When so many requests may leave, and what is in the way; `sent` are those of the window, oldest first."""
        blocked = self.blocked_until or now
        surplus = 0 if self.requests is None else len(sent) + wanted - self.requests
        if surplus <= 0:
            return blocked, "the source asked to wait"
        # After a clock was set back, a request of the future counts for no longer than one of now.
        free = min(sent[min(surplus, len(sent)) - 1], now) + self.span if sent else now
        return max((blocked, "the source asked to wait"), (free, "the rate limit of the source is used up"))

    def worth_a_slice(self) -> int:
        """How many requests have to be free for another slice to start."""
        return max(1, (self.requests or 1) // 4)


@dataclass(frozen=True, slots=True)
class PaceRecord:
    """What outlives a process: the pace, and the requests that may have left in its window."""

    pace: SourcePace
    blocks: tuple[PermitBlock, ...]
