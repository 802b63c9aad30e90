"""Which streams are to be polled now: each in its own minutes, those of a fleet spread over them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.due import FleetFacts
from sync_pipeline.domain.run import Layer
from sync_pipeline.domain.slots import share_of

CHEAP = {Strategy.MODIFIED_SINCE, Strategy.CHANGES_SINCE}
"""A stream that is read as a whole is polled only when its own `poll_minutes` say so."""

Polled = Mapping[tuple[str, str, str], datetime]
"""When each (customer, source, stream) was polled last."""


@dataclass(frozen=True, slots=True)
class DuePoll:
    """The streams of one customer that are to be polled together."""

    customer: Customer
    streams: tuple[str, ...]


def due_polls(
    customers: Iterable[Customer], facts: FleetFacts, polled: Polled, now: datetime
) -> tuple[list[DuePoll], Counter[str]]:
    """Whom to poll now, and how many cannot be, by reason. Polling starts when the initial load is done."""
    due: list[DuePoll] = []
    left_out: Counter[str] = Counter()
    for customer in customers:
        streams = tuple(name for name in customer.streams if _is_due(customer, name, polled, now))
        if not streams:
            continue
        if facts.layer_of(customer) is Layer.INITIAL:
            left_out["not loaded yet"] += 1
        elif (reason := facts.why_not_now(customer.id)) is not None:
            left_out[reason] += 1
        else:
            due.append(DuePoll(customer, streams))
    return due, left_out


def poll_period(customer: Customer, stream: str) -> timedelta | None:
    """How often a stream is polled; None for never."""
    minutes = customer.streams[stream].poll_minutes
    if minutes is None and customer.strategy(stream) in CHEAP:
        minutes = customer.schedule.poll_minutes
    return None if minutes is None else timedelta(minutes=minutes)


def _is_due(customer: Customer, stream: str, polled: Polled, now: datetime) -> bool:
    """Whether the stream's moment has passed since it was polled; every customer has moments of its own."""
    period = poll_period(customer, stream)
    if period is None:
        return False
    since_epoch = now.timestamp() - share_of(customer.id) * period.total_seconds()
    newest_moment = now.timestamp() - since_epoch % period.total_seconds()
    last = polled.get((customer.id, customer.streams[stream].source, stream))
    return last is None or last.timestamp() < newest_moment
