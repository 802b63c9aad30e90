"""The night of a whole fleet, hour by hour: what each customer's plan asks of its organization, and when."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.quota import QuotaPicture
from sync_pipeline.domain.slots import next_slot
from sync_pipeline.stages.context import quota_rule
from sync_pipeline.stages.plan.forecast import pace_from, sending_from
from sync_pipeline.stages.plan.stage import Plan

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PlannedNight:
    """One customer's next night. `requests_by_hour`: to Virtuous, by the hour (in UTC) they are answered in."""

    plan: Plan
    starts_at: datetime
    finishes_at: datetime
    requests_by_hour: Mapping[datetime, int]


@dataclass(frozen=True, slots=True)
class PlannedHour:
    """What goes on in one hour: customers that start in it, those at work or parked in it, requests to Virtuous."""

    hour: datetime
    starting: int
    unfinished: int
    requests: int


def night_of(customer: Customer, plan: Plan, picture: QuotaPicture, now: datetime) -> PlannedNight:
    """What was planned `now`, begun in the customer's next slot."""
    starts_at = next_slot(customer, now)
    begins_at = sending_from(starts_at + plan.reading, picture)
    pace = pace_from(picture, quota_rule(customer), now, begins_at)
    total = len(plan.requests)
    by_hour: Counter[datetime] = Counter()
    answered, hour = 0, hour_of(begins_at)
    while answered < total:
        until_then = pace.fitting(total, (hour + HOUR - begins_at).total_seconds())
        by_hour[hour] += until_then - answered
        answered, hour = until_then, hour + HOUR
    return PlannedNight(plan, starts_at, begins_at + timedelta(seconds=pace.seconds(total)), +by_hour)


def hours_of(nights: Iterable[PlannedNight]) -> list[PlannedHour]:
    """Every hour from the first start to the last finish."""
    starting: Counter[datetime] = Counter()
    unfinished: Counter[datetime] = Counter()
    requests: Counter[datetime] = Counter()
    for night in nights:
        hour = hour_of(night.starts_at)
        starting[hour] += 1
        requests.update(night.requests_by_hour)
        while hour <= night.finishes_at:
            unfinished[hour] += 1
            hour += HOUR
    if not unfinished:
        return []
    hours, hour = [], min(unfinished)
    while hour <= max(unfinished):
        hours.append(PlannedHour(hour, starting[hour], unfinished[hour], requests[hour]))
        hour += HOUR
    return hours


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
