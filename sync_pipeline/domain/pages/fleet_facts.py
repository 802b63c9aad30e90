"""What the stores know about a whole fleet, as far as its page shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.pages.facts import PastRun
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule


@dataclass(frozen=True, slots=True)
class NewestRun:
    """A customer's newest run; `trouble` is the first thing that failed in it, in words for a person."""

    run: PastRun
    trouble: str | None


@dataclass(frozen=True, slots=True)
class NightSpan:
    """A night of a customer that is over."""

    customer_id: str
    run_id: str
    status: str
    started_at: datetime
    took: timedelta


@dataclass(frozen=True, slots=True)
class Organization:
    """One quota, and the customers that share it; `limit` is None until Virtuous has told one."""

    key: str
    customers: tuple[str, ...]
    limit: int | None


@dataclass(frozen=True, slots=True)
class FleetRecords:
    """What the state store says about a fleet; by customer, but for `requests`.

    `accounted` has the moments at which each (customer, source, stream) was last accounted for; `requests` counts by an
    organization's key and hour.
    """

    newest: dict[str, NewestRun]
    nights: list[NightSpan]
    accounted: dict[tuple[str, str, str], datetime | None]
    dead: dict[str, int]
    reviews: dict[str, int]
    held: dict[str, int]
    breakers: dict[str, Breaker]
    at_work: set[str]
    organizations: list[Organization]
    requests: dict[str, dict[datetime, int]]


def hourly_budget(rule: QuotaRule, limit: int | None) -> int:
    """Requests of ours that fit into an hour."""
    budget = QuotaPicture(0, limit or rule.requests, None, None, None).budget(rule)
    return max(1, int(budget * (timedelta(hours=1) / rule.window)))
