"""What goes wrong on purpose in the last night, by customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sync_pipeline.demo.sources import giving_token, virtuous_token, vomo_token
from sync_pipeline.sandbox.world import World

USERS = "/vomo/v1/users"
DONATIONS = "/giving/v1/donations"
PEOPLE = "/api/Contact/Batch"
GIFTS = "/api/v2/Gift/Transaction"
REVERSAL = "/api/Gift/ReversingTransaction"
NOTES = "/api/ContactNote"
OPPORTUNITIES = "/api/VolunteerOpportunity/"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of one customer, told in words. `times` None: every matching request."""

    customer_id: str
    side: str
    words: str
    fault: dict[str, Any]
    times: int | None = 1


@dataclass(frozen=True, slots=True)
class Suffered:
    """How often a trouble really happened."""

    trouble: Trouble
    times: int

    @property
    def as_planned(self) -> bool:
        return self.times > 0 if self.trouble.times is None else self.times == self.trouble.times


def troubles(world: World, customers: Sequence[str]) -> list[Trouble]:
    """Faults for each of the three largest customers, and more for who has gifts or hours.

    `customers` are ordered from small to large.
    """
    sets = zip(reversed(customers), (_for_the_largest, _for_the_middle, _for_the_smallest), strict=False)
    found = {customer_id: faults(customer_id) for customer_id, faults in sets}
    return [
        trouble
        for customer_id in customers
        for trouble in (
            *found.get(customer_id, ()),
            *(_for_donations(customer_id) if giving_token(customer_id) in world.giving else ()),
            *(_for_hours(customer_id) if world.vomo_participations(vomo_token(customer_id)) else ()),
        )
    ]


def _for_the_smallest(customer_id: str) -> list[Trouble]:
    return [
        _vomo(customer_id, "503, try again in 1 second", kind="status_before", retry_after=1),
        _virtuous(customer_id, "503 after the rows were taken", kind="status_after"),
    ]


def _for_the_middle(customer_id: str) -> list[Trouble]:
    return [
        _vomo(customer_id, "429, try again in 1 second", kind="rate_limited", retry_after=1),
        _vomo(customer_id, "connection cut", kind="cut_before"),
        _virtuous(customer_id, "429, try again in 1 second", kind="rate_limited", retry_after=1),
        _virtuous(customer_id, "503, try again in 1 second", kind="status_before", retry_after=1),
    ]


def _for_the_largest(customer_id: str) -> list[Trouble]:
    return [
        # The first question is the check of the token: the second one is the read itself.
        _vomo(customer_id, "page cut off in the middle", kind="truncated_page", every=2),
        _vomo(customer_id, "answers 20 ms late", None, kind="latency", delay_ms=20),
        _virtuous(customer_id, "connection cut after the rows were taken", kind="cut_after"),
        _virtuous(customer_id, "answers 150 ms late", None, kind="latency", delay_ms=150),
    ]


def _for_donations(customer_id: str) -> list[Trouble]:
    """What a writer that only tries again would book twice."""
    return [
        _giving(customer_id, "page cut off in the middle", kind="truncated_page", every=2),
        _cut_after(customer_id, "connection cut after the gifts were taken", GIFTS),
        _cut_after(customer_id, "connection cut after the reversal was made", REVERSAL),
    ]


def _for_hours(customer_id: str) -> list[Trouble]:
    return [
        _cut_after(customer_id, "connection cut after the note was made", NOTES),
        _cut_after(customer_id, "connection cut after the hours were recorded", OPPORTUNITIES),
        _cut_after(customer_id, "connection cut after the hours were corrected", OPPORTUNITIES, "PUT"),
    ]


def _cut_after(customer_id: str, words: str, path: str, method: str = "POST") -> Trouble:
    return _virtuous(customer_id, words, kind="cut_after", path=path, method=method)


def _vomo(customer_id: str, words: str, times: int | None = 1, **fault: Any) -> Trouble:
    told = {"side": "vomo", "token": vomo_token(customer_id), "path": USERS, "times": times, **fault}
    return Trouble(customer_id, "VOMO", words, told, times)


def _giving(customer_id: str, words: str, times: int | None = 1, **fault: Any) -> Trouble:
    told = {"side": "giving", "token": giving_token(customer_id), "path": DONATIONS, "times": times, **fault}
    return Trouble(customer_id, "giving", words, told, times)


def _virtuous(customer_id: str, words: str, times: int | None = 1, **fault: Any) -> Trouble:
    told = {"side": "virtuous", "token": virtuous_token(customer_id), "path": PEOPLE, "times": times, **fault}
    return Trouble(customer_id, "Virtuous", words, told, times)


def arm(world: World, planned: Sequence[Trouble]) -> None:
    for trouble in planned:
        world.add_fault(**trouble.fault)


def disarm(world: World, planned: Sequence[Trouble]) -> list[Suffered]:
    """End all faults; answers how often each one of `planned` happened."""
    fired = [int(str(entry["fired"])) for entry in world.fault_report()]
    world.clear_faults()
    return [Suffered(trouble, times) for trouble, times in zip(planned, fired, strict=True)]
