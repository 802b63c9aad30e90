"""The quota rule: how many requests we may take of an organization's window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.operation import NoPermit


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """What the customer's file says. `requests` per `window` holds until a header says otherwise."""

    requests: int
    window: timedelta
    use: float
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaPicture:
    """What is known of the organization's window at one moment."""

    used: int
    limit: int
    remaining: int | None
    resets_at: datetime | None
    blocked_until: datetime | None

    def budget(self, rule: QuotaRule) -> int:
        """Requests of ours that fit one window."""
        limit = self.limit if rule.cap is None else min(self.limit, rule.cap)
        return max(1, int(limit * rule.use))


def decide(picture: QuotaPicture, rule: QuotaRule, own: Sequence[datetime], now: datetime) -> NoPermit | None:
    """None when one more request may leave; otherwise until when not, and why.

    `own` are the moments of our requests inside the window, oldest first. A permit is given while our own requests
    are fewer than use * limit and the organization's last known remainder is above (1 - use) * limit: the rest is
    for its other integrations (DESIGN section 5; the quota is shared by everybody, reference section 2).
    """
    if picture.blocked_until is not None and picture.blocked_until > now:
        return NoPermit(picture.blocked_until, "Virtuous asked to wait")
    budget = picture.budget(rule)
    if len(own) >= budget:
        return NoPermit(own[len(own) - budget] + rule.window, "our share of the quota is used up")
    reserve = (1 - rule.use) * picture.limit
    if picture.remaining is not None and picture.remaining <= reserve:
        until = picture.resets_at or now + rule.window
        if until > now:
            return NoPermit(until, "the rest of the quota is left to other integrations")
    return None
