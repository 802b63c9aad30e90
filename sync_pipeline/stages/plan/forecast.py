"""How long requests to Virtuous take under the organization's quota.

Inside the budget nothing holds a request back but its own latency, taken to be half a second with four under way; no
organization was measured for this. Over it the run parks, and goes on when the requests of the last window no longer
count and a part of them is free again. What the window has used up already counts as used until a window from now,
because the picture does not say when it was used: the forecast is late rather than early.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.backlog import ForetoldRequest
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule, worth_a_slice
from sync_pipeline.domain.slots import window_of
from sync_pipeline.stages.applied_ledger.delivering import CONCURRENT_REQUESTS
from sync_pipeline.stages.permits import WAIT_IN_PROCESS

SECONDS_PER_REQUEST = 0.5
SECONDS_TO_RESUME = 15.0  # half of the sensor's interval
REQUESTS_TO_RESUME = 1  # whose token it is
REQUESTS_PER_SECOND = CONCURRENT_REQUESTS / SECONDS_PER_REQUEST


@dataclass(frozen=True, slots=True)
class Slot:
    """The customer's window for syncing, in UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests may leave and when; seconds count from the first one.

    `at_once` right away, `after_reset` more once the organization's own window ends (`reset` seconds), and then
    `budget` at the start of every `period` seconds.
    """

    at_once: int
    after_reset: int
    reset: float
    budget: int
    period: float

    def seconds(self, requests: int) -> float:
        """Until the last of so many requests is answered."""
        answered = requests / REQUESTS_PER_SECOND
        if requests <= self.at_once:
            return answered
        late = requests - self.at_once
        if late <= self.after_reset:
            return max(answered, self.reset + late / REQUESTS_PER_SECOND)
        late -= self.after_reset
        windows = math.ceil(late / self.budget)
        in_last_window = late - (windows - 1) * self.budget
        return max(answered, windows * self.period + in_last_window / REQUESTS_PER_SECOND)

    def fitting(self, requests: int, seconds: float) -> int:
        """How many of so many requests are answered within `seconds`."""
        return bisect_right(range(1, requests + 1), seconds, key=self.seconds)


def pace_from(picture: QuotaPicture, rule: QuotaRule, now: datetime, start: datetime) -> Pace:
    """The pace of requests that begin at `start`, by what is known `now`: what is used may be free again until then."""
    budget = picture.budget(rule)
    own = budget - (picture.used if start < now + rule.window else 0)
    window = rule.window.total_seconds()
    parks = rule.span > WAIT_IN_PROCESS
    to_resume = worth_a_slice(budget) / REQUESTS_PER_SECOND + SECONDS_TO_RESUME if parks else 0.0
    period, later = rule.span.total_seconds() + to_resume, max(1, budget - REQUESTS_TO_RESUME if parks else budget)
    known_until = picture.resets_at or now + rule.window
    if picture.remaining is None or start >= known_until:
        return Pace(max(0, own), 0, 0.0, later, period)
    reserve = (1 - rule.use) * picture.limit
    shared = math.ceil(picture.remaining - reserve)
    at_once = max(0, min(own, shared))
    reset = min((known_until - start).total_seconds(), window)
    return Pace(at_once, max(0, own - at_once), reset, later, period)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a run that starts now would be finished, and how many of its changes would miss the end of the slot."""

    starts_at: datetime
    finishes_at: datetime
    waiting_after_slot: int

    @property
    def hours(self) -> float:
        return (self.finishes_at - self.starts_at) / timedelta(hours=1)


def forecast(
    customer: Customer,
    picture: QuotaPicture,
    rule: QuotaRule,
    requests: Sequence[ForetoldRequest],
    now: datetime,
    reading: timedelta,
) -> Forecast:
    """Forecast a run that starts `now` and needs `reading` to read and compare.

    What waits is counted for the slot: for a run that starts now inside of it, else for one that starts with the next.
    """
    slot = slot_of(customer, now)
    sending = sending_from(now + reading, picture)
    seconds = pace_from(picture, rule, now, sending).seconds(len(requests))
    in_slot = sending_from(max(now, slot.starts_at) + reading, picture)
    left = (slot.ends_at - in_slot).total_seconds()
    fitting = pace_from(picture, rule, now, in_slot).fitting(len(requests), left)
    return Forecast(
        starts_at=now,
        finishes_at=sending + timedelta(seconds=seconds),
        waiting_after_slot=sum(request.rows for request in requests[fitting:]),
    )


def sending_from(read: datetime, picture: QuotaPicture) -> datetime:
    """Virtuous may have asked us to stay away for longer than the reading takes."""
    return read if picture.blocked_until is None else max(read, picture.blocked_until)


def slot_of(customer: Customer, now: datetime) -> Slot:
    """The customer's window that `now` lies in, or else the next one."""
    today = now.astimezone(customer.zone).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        slot = Slot(*window_of(customer, day))
        if slot.ends_at > now:
            return slot
    raise AssertionError("tomorrow's window ends after now")
