"""What a customer may expect of thirty days, and how much may still go wrong in them: its error budget."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.domain.slots import latest_slot, nightly_slot

DAYS = 30
PERIOD = timedelta(days=DAYS)
HOUR = timedelta(hours=1)
OPEN = frozenset({RunStatus.RUNNING, RunStatus.PARKED})
"""A night in one of these states is not over. What another run `continued` was not done in its own night."""

Span = tuple[datetime, datetime | None]
"""From a moment to another one; to None while it lasts."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the state store knows of a customer's last thirty days.

    `nights` are the states of a slot's runs. `paused`: somebody stopped it knowingly, and expects nothing meanwhile;
    `stale`: its data was too old.
    """

    began_at: datetime
    nights: Mapping[str, AbstractSet[str]]
    paused: Sequence[Span]
    stale: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Budget:
    """`total` nights or hours so far, of which `spent` went wrong; `allowed` may in thirty days."""

    objective: float
    total: float
    spent: float
    allowed: float

    @property
    def reached(self) -> float | None:
        """The share that was well; None before there was anything."""
        return 1 - self.spent / self.total if self.total else None

    @property
    def left(self) -> float:
        return self.allowed - self.spent

    @property
    def is_used_up(self) -> bool:
        return self.spent > self.allowed


@dataclass(frozen=True, slots=True)
class Budgets:
    """`completion` counts nights that came to their end, `freshness` hours in which the data was not too old."""

    completion: Budget
    freshness: Budget

    @property
    def is_used_up(self) -> bool:
        return self.completion.is_used_up or self.freshness.is_used_up


def budgets(customer: Customer, past: Past, now: datetime) -> Budgets:
    due = list(_due_nights(customer, past, now))
    missed = sum(RunStatus.DONE not in past.nights.get(slot, ()) for slot in due)
    begin = max(past.began_at, now - PERIOD)
    watched = now - begin - _length(past.paused, begin, now)
    stale = _length(past.stale, begin, now)
    completion, freshness = customer.objectives.completion, customer.objectives.freshness
    return Budgets(
        Budget(completion, len(due), missed, (1 - completion) * DAYS),
        Budget(freshness, watched / HOUR, stale / HOUR, (1 - freshness) * (PERIOD / HOUR)),
    )


def of_everybody(members: Collection[Budgets]) -> Budgets:
    """The fleet's: what its customers may spend, and spent, together."""
    return Budgets(
        _together([one.completion for one in members]),
        _together([one.freshness for one in members]),
    )


def _together(members: Sequence[Budget]) -> Budget:
    def total(name: str) -> float:
        return sum(getattr(one, name) for one in members)

    objective = total("objective") / len(members) if members else 1.0
    return Budget(objective, total("total"), total("spent"), total("allowed"))


def _due_nights(customer: Customer, past: Past, now: datetime) -> Iterable[str]:
    """The slots that came while the customer was on, and are over: tonight's counts when its run has ended."""
    newest = latest_slot(customer, now)
    first = max(past.began_at, now - PERIOD)
    day = first.astimezone(customer.zone).date()
    while day.isoformat() <= newest.name:
        starts_at = nightly_slot(customer, day)
        name = day.isoformat()
        states = past.nights.get(name, frozenset())
        is_over = name != newest.name or (bool(states) and not (states & OPEN))
        if first <= starts_at and is_over and not _covers(past.paused, starts_at):
            yield name
        day += timedelta(days=1)


def _covers(spans: Iterable[Span], moment: datetime) -> bool:
    return any(begin <= moment and (end is None or moment < end) for begin, end in spans)


def _length(spans: Iterable[Span], begin: datetime, now: datetime) -> timedelta:
    """How much of the time since `begin` lies in these spans, which do not overlap."""
    clipped = ((max(start, begin), end or now) for start, end in spans)
    return sum((end - start for start, end in clipped if end > start), timedelta())
