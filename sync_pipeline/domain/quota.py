"""The quota rule: how many requests we may take of an organization's window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.operation import NoPermit

ROUNDING = 1e-9  # 100 * 0.29 is 28.999999999999996


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """What the customer's file says. `requests` per `window` holds until a header says otherwise."""

    requests: int
    window: timedelta
    use: float
    cap: int | None = None

    def share(self, limit: int) -> int:
        """How many of `limit` requests are ours; at least one, or nothing would ever be sent."""
        return max(1, int(limit * self.use + ROUNDING))


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
        return rule.share(self.limit if rule.cap is None else min(self.limit, rule.cap))

    def reserve(self, rule: QuotaRule) -> int:
        """Requests of one window that are left to other integrations."""
        return self.limit - rule.share(self.limit)


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
    if picture.remaining is not None and picture.remaining <= picture.reserve(rule):
        until = picture.resets_at or now + rule.window
        if until > now:
            return NoPermit(until, "the rest of the quota is left to other integrations")
    return None
