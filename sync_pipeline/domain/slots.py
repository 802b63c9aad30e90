"""When a customer's night begins: one moment per local date, in its own time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b

from sync_pipeline.domain.configuration import Customer

SPREAD = 2**32
HOURS_OF_AN_INITIAL_LOAD = timedelta(hours=1)
"""It may begin so long after its slot at least, or a slot at the end of the window would find nobody awake."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A customer's night, named by the local date it begins on. An initial load begins before `quiet_until` only."""

    name: str
    starts_at: datetime
    quiet_until: datetime


def nightly_slot(customer: Customer, day: date) -> datetime:
    """The slot of the night that begins on this local date, in UTC.

    `auto` spreads the customers of a fleet over their windows by a hash of their ids, so that a customer keeps its slot
    whoever joins. A local time that the clocks skip is taken to be as long after midnight as on other days; one that
    comes twice is the first of them.
    """
    return _begins_in(window_of(customer, day), customer, day)


def window_of(customer: Customer, day: date) -> tuple[datetime, datetime]:
    """The customer's window that opens on this local date, in UTC; local times, which may cross midnight."""
    opens, closes = customer.schedule.window
    last_day = day if opens < closes else day + timedelta(days=1)
    starts_at = datetime.combine(day, opens, customer.zone)
    ends_at = datetime.combine(last_day, closes, customer.zone)
    return starts_at.astimezone(UTC), ends_at.astimezone(UTC)


def next_slot(customer: Customer, now: datetime) -> datetime:
    """The first slot that is not over before `now`."""
    today = now.astimezone(customer.zone).date()
    slots = (nightly_slot(customer, today + timedelta(days=ahead)) for ahead in (-1, 0, 1, 2))
    return next(slot for slot in slots if slot >= now)


def latest_slot(customer: Customer, now: datetime) -> Slot:
    """The newest slot that has come. After a week without a daemon it is one as well: what was missed counts once."""
    today = now.astimezone(customer.zone).date()
    for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
        window = window_of(customer, day)
        starts_at = _begins_in(window, customer, day)
        if starts_at <= now:
            break
    return Slot(day.isoformat(), starts_at, max(window[1], starts_at + HOURS_OF_AN_INITIAL_LOAD))


def _begins_in(window: tuple[datetime, datetime], customer: Customer, day: date) -> datetime:
    at = customer.schedule.nightly
    if isinstance(at, time):
        return datetime.combine(day, at, customer.zone).astimezone(UTC)
    starts_at, ends_at = window
    return starts_at + (ends_at - starts_at) * share_of(customer.id)


def share_of(customer_id: str) -> float:
    """Where in a window or period a customer has its moment, from 0 to less than 1."""
    return int.from_bytes(blake2b(customer_id.encode(), digest_size=4).digest()) / SPREAD
