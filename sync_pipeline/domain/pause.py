"""Whether a customer is stopped: by a person, or by its breaker after failures in a row."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

BREAKER = "breaker"
REGISTRY = "customer_registry"
MACHINES = frozenset({BREAKER, "applied_ledger", "prerequisites", "source_snapshot"})
"""Who pauses a customer because something is wrong. Whoever removes a file, or pauses by hand, knows what they did."""


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """So many failed runs in a row pause a customer for so long.

    `half_open`: after the pause one run tries again. Otherwise the customer stays paused until a person has looked.
    """

    failures: int
    pause: timedelta
    half_open: bool


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """What a run that is over means for the breaker."""

    failed: bool
    rule: BreakerRule


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and the pause a breaker or a person ordered."""

    consecutive_failures: int
    paused_until: datetime | None
    reason: str | None
    needs_person: bool = False

    def is_paused(self, now: datetime) -> bool:
        return self.needs_person or (self.paused_until is not None and self.paused_until > now)

    def after(self, verdict: RunVerdict, now: datetime) -> Self:
        """What a finished run makes of it. Somebody else's pause is neither ended nor replaced."""
        failures = self.consecutive_failures + 1 if verdict.failed else 0
        if self.is_paused(now):
            return replace(self, consecutive_failures=failures)
        if failures < verdict.rule.failures:
            return replace(self, consecutive_failures=failures, paused_until=None, reason=None)
        return replace(
            self,
            consecutive_failures=failures,
            paused_until=now + verdict.rule.pause,
            reason=f"{failures} runs in a row failed",
            needs_person=not verdict.rule.half_open,
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """A customer that is stopped now, and who did it: `by_a_person` knows what they did."""

    reason: str
    until: datetime | None
    needs_person: bool
    by_a_person: bool
