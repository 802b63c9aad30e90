"""The page of a fleet: who is where, who needs a person, what it costs."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.pages.fleet_facts import FleetRecords, hourly_budget
from sync_pipeline.domain.pages.fleet_page import (
    HOURS,
    LISTED,
    FleetCustomer,
    FleetPage,
    Need,
    OrganizationHours,
    SlowNight,
)
from sync_pipeline.domain.pages.words import counted
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.domain.staleness import is_stale
from sync_pipeline.ports import FleetHistory, Pages, Platforms
from sync_pipeline.stages.context import destination_name, quota_rule

HOUR = timedelta(hours=1)
NIGHTS_SINCE = timedelta(days=7)
BROKEN, NEVER, PAUSED = "broken file", "never run", "paused"


def fleet_page(
    customers: Mapping[str, Customer],
    broken: Collection[str],
    history: FleetHistory,
    platforms: Platforms,
    pages: Pages,
    now: datetime,
) -> FleetPage:
    """What the stores say about everybody at this moment; `broken` are those whose files have problems."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - HOUR * back for back in reversed(range(HOURS))]
    names = [destination_name(customer) for customer in customers.values()]
    records = history.records(names, now - NIGHTS_SINCE, hours[0])
    return FleetPage(
        as_of=now,
        customers=[
            *(_customer(customer, records, pages, now) for customer in customers.values()),
            *(_broken(customer_id) for customer_id in broken),
        ],
        down=platforms.down(),
        nights=_nights(records, pages),
        hours=hours,
        organizations=_organizations(customers, records, hours),
    )


def _customer(customer: Customer, records: FleetRecords, pages: Pages, now: datetime) -> FleetCustomer:
    newest = records.newest.get(customer.id)
    moments = [records.accounted.get((customer.id, stream.source, name)) for name, stream in customer.streams.items()]
    accounted = [moment for moment in moments if moment is not None]
    oldest = min(accounted) if accounted and len(accounted) == len(moments) else None
    return FleetCustomer(
        customer_id=customer.id,
        state=_state(customer.id, records, now),
        newest=None if newest is None else newest.run,
        accounted_at=oldest,
        is_stale=oldest is not None and is_stale(customer, oldest, now),
        needs=tuple(_needs(customer.id, records, now)),
        page=None if newest is None else pages.link(customer.id, newest.run.run_id),
    )


def _broken(customer_id: str) -> FleetCustomer:
    need = Need(0, "its file has problems: it is not synced", f"sync-pipeline customers validate {customer_id}")
    return FleetCustomer(customer_id, BROKEN, None, None, is_stale=False, needs=(need,), page=None)


def _state(customer_id: str, records: FleetRecords, now: datetime) -> str:
    """A run whose process was killed stays `running` in the store until the next one closes it."""
    breaker, newest = records.breakers.get(customer_id), records.newest.get(customer_id)
    if breaker is not None and breaker.is_paused(now):
        return PAUSED
    if newest is None:
        return NEVER
    killed = newest.run.status == RunStatus.RUNNING and customer_id not in records.at_work
    return RunStatus.FAILED.value if killed else newest.run.status


def _needs(customer_id: str, records: FleetRecords, now: datetime) -> Iterable[Need]:
    state, breaker = _state(customer_id, records, now), records.breakers.get(customer_id)
    trouble = records.newest[customer_id].trouble if customer_id in records.newest else None
    if state == PAUSED and breaker is not None and breaker.needs_person:
        why = breaker.reason or "no reason was given"
        yield Need(1, f"paused: {why}", f"sync-pipeline customers resume {customer_id} --reason 'what was mended'")
    if state == RunStatus.FAILED:
        why = (trouble or "its process ended in the middle").rstrip(".")  # other needs may follow
        yield Need(2, f"failed: {why}", f"sync-pipeline report {customer_id}")
    if held := records.held.get(customer_id):
        yield Need(3, counted(held, "held change set"), f"sync-pipeline change-sets list {customer_id}")
    if dead := records.dead.get(customer_id):
        yield Need(4, counted(dead, "dead letter"), f"sync-pipeline dead-letters list {customer_id}")
    if reviews := records.reviews.get(customer_id):
        command = f"sync-pipeline dead-letters list {customer_id} --state review"
        yield Need(5, counted(reviews, "review"), command)


def _nights(records: FleetRecords, pages: Pages) -> list[SlowNight]:
    """The newest night of each customer, the slowest first."""
    newest = {night.customer_id: night for night in sorted(records.nights, key=lambda night: night.started_at)}
    slowest = sorted(newest.values(), key=lambda night: (-night.took, night.customer_id))[:LISTED]
    return [
        SlowNight(night.customer_id, night.started_at, night.took, pages.link(night.customer_id, night.run_id))
        for night in slowest
    ]


def _organizations(
    customers: Mapping[str, Customer], records: FleetRecords, hours: Collection[datetime]
) -> list[OrganizationHours]:
    """Those that share one have the share of whoever may take most."""
    return [
        OrganizationHours(
            one.customers,
            tuple(records.requests.get(one.key, {}).get(hour, 0) for hour in hours),
            max(hourly_budget(quota_rule(customers[customer]), one.limit) for customer in one.customers),
        )
        for one in records.organizations
    ]
