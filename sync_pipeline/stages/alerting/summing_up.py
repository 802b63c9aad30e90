"""The numbers of the morning's summary."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.alerts.summary import DAY, Summary, Tonight
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.objectives import budgets, of_everybody
from sync_pipeline.domain.pages.fleet_facts import FleetRecords, hourly_budget
from sync_pipeline.domain.slots import next_slot, window_of
from sync_pipeline.ports import DayBook, FleetHistory, ObjectivesBook, Pages, Platforms
from sync_pipeline.stages.context import destination_name, quota_rule
from sync_pipeline.stages.fleet_page import fleet_page

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SummarySources:
    """The parts of the stores that a summary is read from."""

    history: FleetHistory
    days: DayBook
    objectives: ObjectivesBook
    platforms: Platforms
    pages: Pages


def sum_up(
    region: str | None,
    customers: Mapping[str, Customer],
    broken: Collection[str],
    sources: SummarySources,
    now: datetime,
) -> Summary:
    page = fleet_page(customers, broken, sources.history, sources.platforms, sources.pages, now)
    pasts = sources.objectives.past()
    each = {name: budgets(customer, pasts[name], now) for name, customer in customers.items() if name in pasts}
    paused = {one.customer_id for one in page.customers if one.state == "paused"}
    running = {name: customer for name, customer in customers.items() if name not in paused}
    records = sources.history.records([destination_name(customer) for customer in customers.values()], now, now)
    return Summary(
        region=region,
        page=page,
        totals=sources.days.totals(now - DAY),
        letters=sum(records.dead.values()),
        reviews=sum(records.reviews.values()),
        new_letters=sum(sources.days.new_since(now - DAY).values()),
        budgets=of_everybody(each.values()),
        used_up=[name for name, one in each.items() if one.is_used_up],
        tonight=_tonight(running, records, sources.days.requests_of_last_nights(), now),
    )


def _tonight(
    customers: Mapping[str, Customer], records: FleetRecords, requests: Mapping[str, int], now: datetime
) -> Tonight:
    begins = {name: next_slot(customer, now) for name, customer in customers.items()}
    hours = Counter(begin.replace(minute=0, second=0, microsecond=0) for begin in begins.values())
    tight = []
    for one in records.organizations:
        members = [customers[name] for name in one.customers if name in customers]
        needed = sum(requests.get(member.id, 0) for member in members)
        share = max((_share_of_a_night(member, one.limit, begins[member.id]) for member in members), default=0)
        if needed > share:
            tight.append((one.customers, needed / share))
    return Tonight(
        nights=hours,
        requests=sum(requests.get(name, 0) for name in customers),
        tight=sorted(tight, key=lambda one: (-one[1], one[0])),
    )


def _share_of_a_night(customer: Customer, limit: int | None, begins_at: datetime) -> float:
    """Requests that fit from its slot until its window closes; of one that begins outside its window, in an hour."""
    day = begins_at.astimezone(customer.zone).date()
    ends = [window_of(customer, day - timedelta(days=back))[1] for back in (1, 0)]
    hours = max([1.0, *((end - begins_at) / HOUR for end in ends if begins_at < end <= begins_at + DAY)])
    return hourly_budget(quota_rule(customer), limit) * hours
