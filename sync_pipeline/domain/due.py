"""Whose night has come: the slots that nobody began, in the order they are to begin in."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.run import Layer
from sync_pipeline.domain.slots import Slot, latest_slot

HEAD_START = timedelta(hours=2)
"""A premium customer counts as if it had been due so much earlier: first in a crowd, and nobody waits for ever."""


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """What the state store says about a fleet at one moment.

    `begun` are (customer, slot) pairs of nights; `compared` are the (customer, source, stream) that an initial load is
    done with.
    """

    begun: AbstractSet[tuple[str, str]]
    paused: AbstractSet[str]
    at_work: AbstractSet[str]
    compared: AbstractSet[tuple[str, str, str]]

    def layer_of(self, customer: Customer) -> Layer:
        """`initial` until every stream was read and compared once."""
        streams = ((customer.id, stream.source, name) for name, stream in customer.streams.items())
        return Layer.NIGHTLY if all(stream in self.compared for stream in streams) else Layer.INITIAL

    def why_not_now(self, customer_id: str) -> str | None:
        """What keeps a customer from beginning anything now."""
        if customer_id in self.paused:
            return "paused"
        return "at work on something else" if customer_id in self.at_work else None


@dataclass(frozen=True, slots=True)
class DueNight:
    """A night that is to begin."""

    customer: Customer
    slot: Slot
    layer: Layer

    @property
    def turn(self) -> datetime:
        """Who has the earlier one begins first."""
        return self.slot.starts_at - (HEAD_START if self.customer.lane == "premium" else timedelta())


def due_nights(customers: Iterable[Customer], facts: FleetFacts, now: datetime) -> tuple[list[DueNight], Counter[str]]:
    """The nights to begin now, and how many cannot, by reason.

    A night that was missed begins late, once; an initial load waits for the quiet hours of the next one.
    """
    due: list[DueNight] = []
    left_out: Counter[str] = Counter()
    for customer in customers:
        slot = latest_slot(customer, now)
        if (customer.id, slot.name) in facts.begun:
            continue
        night = DueNight(customer, slot, facts.layer_of(customer))
        if night.layer is Layer.INITIAL and now >= slot.quiet_until:
            left_out["new, until the quiet hours"] += 1
        elif (reason := facts.why_not_now(customer.id)) is not None:
            left_out[reason] += 1
        else:
            due.append(night)
    return sorted(due, key=lambda night: (night.turn, night.customer.id)), left_out
