"""Whether a platform is in trouble: one customer's failure is their own, that of several in a row the platform's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from sync_pipeline.domain.configuration import Customer

CUSTOMERS_IN_A_ROW = 3
"""So many different customers without any success between them: by chance, or by faults of their own, hardly ever."""
WITHIN = timedelta(minutes=15)
FIRST_PROBE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_TRY = timedelta(minutes=5)
"""Who tries has failed or succeeded by then, or their process is gone."""


class Trouble(StrEnum):
    """What is wrong. `refused`: it answers, but takes nobody's token; one customer alone would be told to renew it."""

    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlatformState:
    """What is known of a platform since the last success there.

    `failing`: customers in a row, in their order. `down_since`: from then on only one customer at a time tries, each
    time at `probe_at`; `prober` is who tries now, or tried last.
    """

    trouble: Trouble
    failing: tuple[str, ...]
    since: datetime
    down_since: datetime | None = None
    probe_at: datetime | None = None
    prober: str | None = None
    probes: int = 0

    @property
    def is_down(self) -> bool:
        return self.down_since is not None

    def held_until(self, now: datetime) -> datetime | None:
        """Until when everybody has to leave the platform alone; None when one may try now."""
        return self.probe_at if self.probe_at is not None and self.probe_at > now else None

    def probed_by(self, customer_id: str, now: datetime) -> Self:
        """This customer tries now, and nobody else meanwhile."""
        return replace(self, prober=customer_id, probe_at=now + LONGEST_TRY)

    def after(self, customer_id: str, trouble: Trouble, now: datetime) -> Self:
        """One more failure; that of a probe makes the next one wait longer."""
        if trouble != self.trouble or (not self.is_down and now - self.since > WITHIN):
            return type(self)(trouble, (customer_id,), now)
        if self.is_down:
            if customer_id != self.prober:
                return self
            wait = min(FIRST_PROBE * 2 ** (self.probes + 1), LONGEST_WAIT)
            return replace(self, prober=None, probes=self.probes + 1, probe_at=now + wait)
        failing = tuple(dict.fromkeys((*self.failing, customer_id)))
        if len(failing) < CUSTOMERS_IN_A_ROW:
            return replace(self, failing=failing)
        return replace(self, failing=failing, down_since=now, probe_at=now + FIRST_PROBE)


def first_failure(customer_id: str, trouble: Trouble, now: datetime) -> PlatformState:
    return PlatformState(trouble, (customer_id,), now)


@dataclass(slots=True)
class Admission:
    """Who may begin while platforms are down: one at each whose moment to be tried has come."""

    down: Mapping[str, PlatformState]
    now: datetime
    _tried: set[str] = field(default_factory=set)

    def admits(self, customer: Customer) -> bool:
        """Whether this customer may begin: the destination is up, and one source at least."""
        needed = {customer.destination.platform} & self.down.keys()
        if (sources := customer.source_platforms) <= self.down.keys():
            needed |= sources
        if any(name in self._tried or self.down[name].held_until(self.now) is not None for name in needed):
            return False
        self._tried |= needed
        return True
