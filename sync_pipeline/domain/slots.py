"""When a customer's night begins: one moment per local date, in its own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b

from sync_pipeline.domain.configuration import Customer

SPREAD = 2**32


def nightly_slot(customer: Customer, day: date) -> datetime:
    """The slot of the night that begins on this local date, in UTC.

    `auto` spreads the customers of a fleet over their windows by a hash of their ids, so that a customer keeps its slot
    whoever joins. A local time that the clocks skip is taken to be as long after midnight as on other days; one that
    comes twice is the first of them.
    """
    at = customer.schedule.nightly
    if isinstance(at, time):
        return datetime.combine(day, at, customer.zone).astimezone(UTC)
    starts_at, ends_at = window_of(customer, day)
    return starts_at + (ends_at - starts_at) * _share(customer.id)


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
    days = (today + timedelta(days=ahead) for ahead in (-1, 0, 1, 2))
    return min(slot for slot in (nightly_slot(customer, day) for day in days) if slot >= now)


def _share(customer_id: str) -> float:
    """Where in its window a customer begins, from 0 to less than 1."""
    return int.from_bytes(blake2b(customer_id.encode(), digest_size=4).digest()) / SPREAD
