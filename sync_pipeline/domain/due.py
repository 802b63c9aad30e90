"""Whose night or reconciliation has come: the slots that nobody began, in the order they are to begin in."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.reconcile_slots import due_reconciliation, reconcile_slot_names
from sync_pipeline.domain.run import Layer
from sync_pipeline.domain.slots import Slot, latest_slot

HEAD_START = timedelta(hours=2)
"""A premium customer counts as if it had been due so much earlier: first in a crowd, and nobody waits for ever."""

DAYS_BACK = 10
"""A weekly reconciliation is a week old before the next one; local dates differ by a day or two from that of UTC."""


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """What the state store says about a fleet at one moment.

    `begun` are (customer, slot) pairs; `compared` are the (customer, source, stream) that an initial load is
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
    """A night or reconciliation that is to begin."""

    customer: Customer
    slot: Slot
    layer: Layer

    @property
    def turn(self) -> datetime:
        """Who has the earlier one begins first."""
        return self.slot.starts_at - (HEAD_START if self.customer.lane == "premium" else timedelta())


def due_nights(customers: Iterable[Customer], facts: FleetFacts, now: datetime) -> tuple[list[DueNight], Counter[str]]:
    """What is to begin now, and how many cannot, by reason.

    A night that was missed begins late, once; an initial load waits for the quiet hours of the next one. A
    reconciliation comes after the night, and after the initial load.
    """
    due: list[DueNight] = []
    left_out: Counter[str] = Counter()
    for customer in customers:
        night = _due(customer, facts, now)
        if night is None:
            continue
        if night.layer is Layer.INITIAL and now >= night.slot.quiet_until:
            left_out["new, until the quiet hours"] += 1
        elif (reason := facts.why_not_now(customer.id)) is not None:
            left_out[reason] += 1
        else:
            due.append(night)
    return sorted(due, key=lambda night: (night.turn, night.customer.id)), left_out


def slot_names(now: datetime) -> set[str]:
    """Every slot that may decide about somebody, wherever on earth it is: to be asked of the store in one query."""
    days = [now.date() + timedelta(days=ahead) for ahead in range(-DAYS_BACK, 2)]
    return {day.isoformat() for day in days} | {name for day in days for name in reconcile_slot_names(day)}


def _due(customer: Customer, facts: FleetFacts, now: datetime) -> DueNight | None:
    slot, layer = latest_slot(customer, now), facts.layer_of(customer)
    if (customer.id, slot.name) not in facts.begun:
        return DueNight(customer, slot, layer)
    if layer is Layer.INITIAL:
        return None
    reconciliation = due_reconciliation(customer, slot, facts.begun, now)
    return None if reconciliation is None else DueNight(customer, reconciliation, Layer.RECONCILE)
