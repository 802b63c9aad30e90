"""What the rows of the state store mean as metrics."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain import metrics
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.due import FleetFacts, due_nights
from sync_pipeline.domain.metrics import Measured
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.domain.quota import QuotaPicture, QuotaRule
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.domain.slots import next_slot

DAY, WEEK = timedelta(days=1), timedelta(days=7)
NEWEST_WITHIN = timedelta(days=8)
"""A weekly reconciliation is a week old before the next one. Who ran before that shows in the checkpoint's age."""

BACKLOG = (State.PLANNED, State.WAITING, State.SENDING, State.DEFERRED, State.DEAD, State.REVIEW)
"""What is not over. Of everything else there are as many as the customer ever had changes."""

ALWAYS_TOLD = (RunStatus.DONE, RunStatus.FAILED)
"""Also when there were none: a series that comes and goes cannot be compared with what it was before."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the report of a run says. `requests` are those to Virtuous."""

    duration_seconds: float
    records: int
    changes: int
    failure_rate: float
    requests: int
    rate_limit_pauses: int


@dataclass(frozen=True, slots=True)
class NewestRun:
    """The newest run of one customer and layer that is over, or parked; one that was killed left no account."""

    status: str
    started_at: datetime
    account: Account | None


@dataclass(frozen=True, slots=True)
class FleetMeasures:
    """One moment of the state store. Keys are customers, or begin with one; who is not there has nothing of it.

    `runs`: by (customer, layer, status), how many began within a day and within a week. `accounted`: by (customer,
    source, stream). `resume_at`: of the parked run that may go on first.
    """

    runs: Mapping[tuple[str, str, str], tuple[int, int]]
    newest: Mapping[tuple[str, str], NewestRun]
    accounted: Mapping[tuple[str, str, str], datetime]
    backlog: Mapping[tuple[str, str], int]
    held: Mapping[str, int]
    pictures: Mapping[str, QuotaPicture]
    breakers: Mapping[str, Breaker]
    resume_at: Mapping[str, datetime]
    down: Collection[str]


def measured(
    customers: Mapping[str, Customer],
    broken: int,
    rules: Mapping[str, QuotaRule],
    facts: FleetFacts,
    measures: FleetMeasures,
    now: datetime,
) -> Measured:
    """The metrics of a fleet, of whom `customers` are fit to run."""
    result = Measured()
    paused = sum(customer_id in facts.paused for customer_id in customers)
    states = {"ready": len(customers) - paused, "paused": paused, "broken": broken}
    for state, count in states.items():
        result.add(metrics.CUSTOMERS, count, state)
    platforms = {name for one in customers.values() for name in (one.destination.platform, *one.source_platforms)}
    for platform in sorted(platforms):
        result.add(metrics.PLATFORM_DOWN, platform in measures.down, platform)
    overdue: dict[str, datetime] = {}
    for night in due_nights(customers.values(), facts, now)[0]:
        overdue.setdefault(night.customer.id, night.slot.starts_at)
    for customer_id, customer in customers.items():
        _add_customer(result, customer, measures, now)
        _add_quota(result, customer_id, measures.pictures[customer_id], rules[customer_id])
        result.add(metrics.PAUSED, customer_id in facts.paused, customer_id)
        result.add(metrics.SLOT_OVERDUE, _seconds(overdue.get(customer_id), now), customer_id)
    _add_runs(result, measures)
    return result


def _add_customer(result: Measured, customer: Customer, measures: FleetMeasures, now: datetime) -> None:
    customer_id = customer.id
    streams = [(customer_id, stream.source, name) for name, stream in customer.streams.items()]
    accounted = [moment for stream in streams if (moment := measures.accounted.get(stream)) is not None]
    if accounted:
        result.add(metrics.CHECKPOINT_AGE, _seconds(min(accounted), now), customer_id)
    result.add(metrics.UNREAD_STREAMS, len(streams) - len(accounted), customer_id)
    for state in BACKLOG:
        result.add(metrics.LEDGER_OPERATIONS, measures.backlog.get((customer_id, state), 0), customer_id, state.value)
    result.add(metrics.HELD, measures.held.get(customer_id, 0), customer_id)
    breaker = measures.breakers.get(customer_id)
    result.add(metrics.FAILURES, 0 if breaker is None else breaker.consecutive_failures, customer_id)
    result.add(metrics.NEXT_SLOT, next_slot(customer, now).timestamp(), customer_id)
    is_paused = breaker is not None and breaker.is_paused(now)
    resume_at = None if is_paused else measures.resume_at.get(customer_id)
    result.add(metrics.PARK_OVERDUE, _seconds(resume_at, now), customer_id)


def _add_quota(result: Measured, customer_id: str, picture: QuotaPicture, rule: QuotaRule) -> None:
    remaining = max(0, picture.limit - picture.used) if picture.remaining is None else picture.remaining
    result.add(metrics.QUOTA_LIMIT, picture.limit, customer_id)
    result.add(metrics.QUOTA_BUDGET, picture.budget(rule), customer_id)
    result.add(metrics.QUOTA_USED, picture.used, customer_id)
    result.add(metrics.QUOTA_REMAINING, remaining, customer_id)


def _add_runs(result: Measured, measures: FleetMeasures) -> None:
    for customer_id, layer, _ in measures.runs:
        for status in ALWAYS_TOLD:
            day, week = measures.runs.get((customer_id, layer, status), (0, 0))
            result.add(metrics.RUNS_24H, day, customer_id, layer, status.value)
            result.add(metrics.RUNS_7D, week, customer_id, layer, status.value)
    for (customer_id, layer, status), (day, week) in measures.runs.items():
        result.add(metrics.RUNS_24H, day, customer_id, layer, status)
        result.add(metrics.RUNS_7D, week, customer_id, layer, status)
    for (customer_id, layer), run in measures.newest.items():
        result.add(metrics.LAST_RUN, 1, customer_id, layer, run.status)
        result.add(metrics.LAST_RUN_TIMESTAMP, run.started_at.timestamp(), customer_id, layer)
        if run.account is not None:
            _add_account(result, run.account, customer_id, layer)


def _add_account(result: Measured, account: Account, customer_id: str, layer: str) -> None:
    result.add(metrics.LAST_RUN_DURATION, account.duration_seconds, customer_id, layer)
    result.add(metrics.LAST_RUN_RECORDS, account.records, customer_id, layer)
    result.add(metrics.LAST_RUN_CHANGES, account.changes, customer_id, layer)
    result.add(metrics.LAST_RUN_FAILURE_RATIO, account.failure_rate, customer_id, layer)
    result.add(metrics.LAST_RUN_REQUESTS, account.requests, customer_id, layer)
    result.add(metrics.LAST_RUN_PAUSES, account.rate_limit_pauses, customer_id, layer)


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
