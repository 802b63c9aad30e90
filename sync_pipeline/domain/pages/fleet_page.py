"""Everything that the page of a fleet shows, in its order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_pipeline.domain.pages.facts import PastRun
from sync_pipeline.domain.pages.headline import NOBODY, Headline, Todo, Tone
from sync_pipeline.domain.pages.words import counted, listed, moment
from sync_pipeline.domain.platforms import PlatformState

STATES = ("done", "running", "parked", "continued", "held", "busy", "failed", "paused", "broken file", "never run")
HOURS = 24
LISTED = 20
URGENT = ("failed", "paused", "broken file")
LOOK_AT_IT = Todo("Look at the platform's status page. It is tried by itself, and everybody goes on after it.")


@dataclass(frozen=True, slots=True)
class Need:
    """Why a customer needs a person, and the command to begin with; the lowest `place` comes first."""

    place: int
    text: str
    command: str


@dataclass(frozen=True, slots=True)
class FleetCustomer:
    """One customer as the page knows it. `page` is a link to its newest run's page, relative to the fleet's.

    `accounted_at` is that of the stream that is furthest behind, None where one of them never was.
    """

    customer_id: str
    state: str
    newest: PastRun | None
    accounted_at: datetime | None
    is_stale: bool
    needs: tuple[Need, ...]
    page: str | None


@dataclass(frozen=True, slots=True)
class SlowNight:
    customer_id: str
    started_at: datetime
    took: timedelta
    page: str | None


@dataclass(frozen=True, slots=True)
class OrganizationHours:
    """Requests of one organization in each of the hours; `budget` is our share of an hour."""

    customers: tuple[str, ...]
    hours: tuple[int, ...]
    budget: int

    @property
    def peak(self) -> int:
        return max(self.hours)

    @property
    def peak_share(self) -> float:
        return self.peak / self.budget


@dataclass(frozen=True, slots=True)
class FleetPage:
    """`hours` are the beginnings of the last day's hours, the oldest first."""

    as_of: datetime
    customers: Sequence[FleetCustomer]
    down: Mapping[str, PlatformState]
    nights: Sequence[SlowNight]
    hours: Sequence[datetime]
    organizations: Sequence[OrganizationHours]

    @property
    def headline(self) -> Headline:
        needing = len(self.needing)
        down = [f"{name} is down since {moment(state.since)}" for name, state in self.down.items()]
        if needing:
            tone = Tone.BAD if any(self.states[state] for state in URGENT) else Tone.PERSON
            verb = "needs" if needing == 1 else "need"
            customers = f"{needing:,} of {counted(len(self.customers), 'customer')} {verb} a person"
        else:
            tone = Tone.PERSON if down else Tone.GOOD
            customers = self._all_is_well()
        sentence = f"{listed(down)}; {customers[0].lower()}{customers[1:]}." if down else f"{customers}."
        return Headline(tone, sentence, (LOOK_AT_IT,) if down else ())

    def _all_is_well(self) -> str:
        match len(self.customers):
            case 0:
                return "There is no customer yet"
            case 1:
                return f"The only customer goes on by itself, {NOBODY}"
            case total:
                return f"All {total:,} customers go on by themselves, {NOBODY}"

    @property
    def states(self) -> Counter[str]:
        return Counter(customer.state for customer in self.customers)

    @property
    def needing(self) -> list[FleetCustomer]:
        """The most urgent first."""
        needing = [customer for customer in self.customers if customer.needs]
        return sorted(needing, key=lambda one: (min(need.place for need in one.needs), one.customer_id))

    @property
    def oldest(self) -> list[FleetCustomer]:
        """By their checkpoints, those that never had one first; who has never run is not behind."""
        ran = [customer for customer in self.customers if customer.newest is not None]
        beginning = datetime.min.replace(tzinfo=self.as_of.tzinfo)
        return sorted(ran, key=lambda one: (one.accounted_at or beginning, one.customer_id))[:LISTED]

    @property
    def stale(self) -> int:
        """How many have a checkpoint that is too old, or none although they ran."""
        ran = (customer for customer in self.customers if customer.newest is not None)
        return sum(one.accounted_at is None or one.is_stale for one in ran)

    @property
    def requests(self) -> list[int]:
        """Of the fleet, by the hour."""
        return [sum(one.hours[place] for one in self.organizations) for place in range(len(self.hours))]

    @property
    def highest_shares(self) -> list[float]:
        """By the hour, the part of its share that the busiest organization used."""
        return [
            max((one.hours[place] / one.budget for one in self.organizations), default=0.0)
            for place in range(len(self.hours))
        ]

    @property
    def hour_rows(self) -> list[tuple[str, int, str]]:
        """As a table, the newest first."""
        told = zip(self.hours, self.requests, self.highest_shares, strict=True)
        return [(f"{hour:%Y-%m-%d %H:%M}", requests, f"{share:.0%}") for hour, requests, share in told][::-1]

    @property
    def busiest(self) -> list[OrganizationHours]:
        asked = [one for one in self.organizations if one.peak]
        return sorted(asked, key=lambda one: (-one.peak_share, one.customers))[:LISTED]
