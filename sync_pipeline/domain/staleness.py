"""When the newest moment up to which everything of a customer is accounted for is too long ago."""

from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.slots import latest_slot

STALE_AFTER = timedelta(hours=24)
LATE_AFTER = timedelta(hours=2)
"""A night that did not begin so long after its slot is missed; the queue of a busy night is shorter."""
A_CLOCK_CHANGE = timedelta(hours=1)


def is_stale(customer: Customer, since: datetime, now: datetime) -> bool:
    """Whether `since` is too old.

    Who is read once a day is a day old whenever its night begins, an hour more when clocks go back: meanwhile it counts
    how old that was at the slot.
    """
    if now - since <= STALE_AFTER:
        return False
    slot = latest_slot(customer, now).starts_at
    return now - slot > LATE_AFTER or slot - since > STALE_AFTER + A_CLOCK_CHANGE
