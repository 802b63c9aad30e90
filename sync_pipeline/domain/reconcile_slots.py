"""When a customer is reconciled: every day after its night, and once a week with everything."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.run import WEEKLY
from sync_pipeline.domain.slots import Slot, share_of

FROM, NOON = time(3), time(12)
"""Local time: most nights are over, and nobody is at work yet."""
SPREAD = timedelta(hours=2)
AFTER_A_LATE_NIGHT = timedelta(hours=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def due_reconciliation(
    customer: Customer, night: Slot, begun: Collection[tuple[str, str]], now: datetime
) -> Slot | None:
    """What is to begin now after this night, the customer's newest; None when that has begun or is still to come.

    The daily one is that of the newest day whose moment has come. The weekly one takes its place on the weekday that
    is wanted; a daemon that was away then catches it up on the next day it is there.
    """
    day = _newest_day(customer, now)
    starts_at = _at(customer, day)
    if starts_at <= night.starts_at:
        return None
    names = _names(customer, day)
    weekly_begun = [name for name in names.weekly if (customer.id, name) in begun]
    if names.weekly and not weekly_begun:
        wanted = names.weekly[-1]
    elif names.daily is None or (weekly_begun and weekly_begun[-1] == names.weekly[-1]):
        return None  # also when everything was compared today
    else:
        wanted = names.daily
    return None if (customer.id, wanted) in begun else Slot(wanted, starts_at, starts_at)


def next_reconciliation(customer: Customer, now: datetime) -> datetime | None:
    """The first moment after `now` at which one begins, where no night begins late; None where none is wanted."""
    wanted = customer.schedule.reconcile
    today = now.astimezone(customer.zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(len(WEEKDAYS) + 1)]
    coming = (_at(customer, day) for day in days if wanted.daily or wanted.weekly == WEEKDAYS[day.weekday()])
    return next((moment for moment in coming if moment > now), None)


def reconcile_slot_names(day: date) -> tuple[str, str]:
    """The names that reconciliations of a local date may have."""
    return f"{WEEKLY}-{day}", f"daily-{day}"


@dataclass(frozen=True, slots=True)
class _Names:
    """`weekly`: one for each day since the weekday that is wanted, up to the newest day."""

    weekly: list[str]
    daily: str | None


def _names(customer: Customer, day: date) -> _Names:
    wanted = customer.schedule.reconcile
    weekly: list[str] = []
    if wanted.weekly is not None:
        since = (day.weekday() - WEEKDAYS.index(wanted.weekly)) % len(WEEKDAYS)
        weekly = [f"{WEEKLY}-{day - timedelta(days=ago)}" for ago in range(since, -1, -1)]
    return _Names(weekly, f"daily-{day}" if wanted.daily else None)


def _newest_day(customer: Customer, now: datetime) -> date:
    today = now.astimezone(customer.zone).date()
    days = (today - timedelta(days=ago) for ago in range(3))
    return next(day for day in days if _at(customer, day) <= now)


def _at(customer: Customer, day: date) -> datetime:
    night = customer.schedule.nightly
    if isinstance(night, time) and FROM <= night < NOON:
        return datetime.combine(day, night, customer.zone).astimezone(UTC) + AFTER_A_LATE_NIGHT
    # The part of the two hours that a customer has of its window too: by default its night has always begun before.
    return datetime.combine(day, FROM, customer.zone).astimezone(UTC) + SPREAD * share_of(customer.id)
