"""Whether a customer is stopped."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row, and the pause a breaker or a person ordered."""

    consecutive_failures: int
    paused_until: datetime | None
    reason: str | None

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now
