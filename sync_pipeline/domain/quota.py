"""The quota rule: how many requests we may take of an organization's window."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sync_pipeline.domain.operation import NoPermit

ROUNDING = 1e-9  # 100 * 0.29 is 28.999999999999996
LATEST_ARRIVAL = timedelta(seconds=20)  # longer than this no request of ours is given to reach Virtuous
ENOUGH_TO_GO_ON = 0.25  # of the budget: less is not worth the start of another slice
REQUESTS_OF_A_START = 2  # a slice confirms its organization and its rights before it does anything else
SMALLEST_SLICE = 4 * REQUESTS_OF_A_START


class Moments(Protocol):
    """Times in their order, the oldest first."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> datetime: ...


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """What the customer's file says. `requests` per `window` holds until a header says otherwise.

    `is_even` spaces the requests of the whole budget evenly over the window.
    """

    requests: int
    window: timedelta
    use: float
    cap: int | None = None
    is_even: bool = False

    @property
    def span(self) -> timedelta:
        """How long a request of ours counts: Virtuous counts from its arrival, which may be later than its permit."""
        return self.window + min(LATEST_ARRIVAL, self.window / 100)

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

    def spacing(self, rule: QuotaRule) -> timedelta:
        """The least time between two requests."""
        return rule.window / self.budget(rule) if rule.is_even else timedelta()


def decide(picture: QuotaPicture, rule: QuotaRule, own: Moments, now: datetime) -> NoPermit | None:
    """None when one more request may leave; otherwise until when not, and why.

    `own` are the moments of our requests that still count, oldest first. A permit is given while our own requests are
    fewer than use * limit and the organization's last known remainder is above (1 - use) * limit: the rest is for its
    other integrations (DESIGN section 5; the quota is shared by everybody, reference section 2).
    """
    for until, reason in _obstacles(picture, rule, own, 1, now):
        if until > now:
            return NoPermit(until, reason)
    return None


def worth_a_slice(budget: int) -> int:
    """How many requests have to be free for another slice to start; fewer when fewer are left to send."""
    return min(budget, max(SMALLEST_SLICE, int(budget * ENOUGH_TO_GO_ON)))


def free_at(picture: QuotaPicture, rule: QuotaRule, own: Moments, now: datetime, requests: int) -> datetime:
    """When a slice that sends so many requests may start, or one that sends a good part of the budget."""
    wanted = min(requests + REQUESTS_OF_A_START, worth_a_slice(picture.budget(rule)))
    return max(now, *(until for until, _ in _obstacles(picture, rule, own, wanted, now)))


def _obstacles(
    picture: QuotaPicture, rule: QuotaRule, own: Moments, wanted: int, now: datetime
) -> Iterator[tuple[datetime, str]]:
    """Whatever is in the way of so many requests, and when it no longer is; that may be long ago.

    A clock that was set back must not make a request of the future count for longer than one of now.
    """
    yield picture.blocked_until or now, "Virtuous asked to wait"
    surplus = len(own) + wanted - picture.budget(rule)
    yield min(own[surplus - 1], now) + rule.span if surplus > 0 else now, "our share of the quota is used up"
    if picture.remaining is not None and picture.remaining - picture.reserve(rule) < wanted:
        yield picture.resets_at or now + rule.window, "the rest of the quota is left to other integrations"
    if rule.is_even and own:
        yield min(own[-1], now) + picture.spacing(rule), "our share of the quota is spread evenly"
