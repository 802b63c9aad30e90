"""What one seed draws: how Virtuous answers, what goes wrong, and how each process ends."""

from dataclasses import dataclass
from random import Random
from typing import Any

from sync_pipeline.domain.run import WEEKLY, Layer
from sync_pipeline_tests.chaos.boundaries import BOUNDARIES, CALM, COMMIT, OFTEN, STATEMENT

A_NIGHT_SECONDS = 0.7
FURTHER_STREAMS = (("donations",), ("completions",), ("projects", "participations"))
"""What a customer has besides people; not all of it in every seed, as each stream costs a tenth of a second a night."""

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "cut_after", "method": "POST"},
    {"kind": "cut_after", "method": "POST"},
    {"kind": "cut_after"},
    {"kind": "cut_before"},
    {"kind": "status_after", "method": "POST", "status": 500},
    {"kind": "status_after", "status": 502},
    {"kind": "status_after", "status": 504},
    {"kind": "status_before", "status": 503},
    {"kind": "status_before", "status": 408},
    {"kind": "rate_limited", "retry_after": 2},
)


Moment = tuple[str, int]
"""A boundary, and the how-manieth time it is passed."""


@dataclass(frozen=True)
class Killed:
    """SIGKILL at a boundary, or after so many seconds; neither: the process ends by itself."""

    boundary: Moment | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class FullDisk:
    """No file may grow beyond so many bytes."""

    largest_file: int


@dataclass(frozen=True)
class Restart:
    """The database server dies after so many seconds, and comes back."""

    seconds: float


@dataclass(frozen=True)
class TwoWriters:
    """A second process starts so many seconds after the first, each with an end of its own."""

    first: Killed
    second: Killed
    seconds: float


@dataclass(frozen=True)
class Stopped:
    """The first process stops there for longer than its lease, and goes on when a second one is at work, or done."""

    boundary: Moment
    second: Killed
    until_done: bool


Ending = Killed | FullDisk | Restart | TwoWriters | Stopped


@dataclass(frozen=True)
class Wish:
    """What a process is asked for; without a layer the one that is due."""

    layer: Layer | None = None
    slot: str = "manual"


DUE = Wish()
EVERYTHING = Wish(Layer.RECONCILE, WEEKLY)
WISHES = (
    *(DUE,) * 12,
    *(Wish(Layer.RECONCILE),) * 3,
    *(EVERYTHING,) * 3,
    *(Wish(Layer.INITIAL),) * 2,
)


@dataclass(frozen=True)
class Scenario:
    """One seed. `nights` are drawn with what goes wrong in them; `random` draws what changes in the sources."""

    streams: frozenset[str]
    organization: dict[str, Any]
    destination: dict[str, Any]
    invalid: int
    nights: tuple["TroubledNight", ...]
    random: Random


@dataclass(frozen=True)
class TroubledNight:
    """`lives` are the processes that start in it, one after the other: what each is asked for, and how it ends."""

    faults: tuple[dict[str, Any], ...]
    lives: tuple[tuple[Wish, Ending], ...]
    imports: bool


def draw(seed: int) -> Scenario:
    random = Random(f"chaos:{seed}")  # noqa: S311 - a repeatable draw is the purpose
    wishes = Random(f"chaos wishes:{seed}")  # noqa: S311 - as above
    nights = tuple(_night(random, wishes) for _ in range(random.randint(2, 3)))
    organization = {
        "auto_import": random.choice(("immediately", "manual", "manual")),
        "repeated_gift": random.choice(("accepted", "refused")),
        "repeated_reversal": random.choice(("accepted", "refused")),
        "repeated_volunteer": random.choice(("second", "refused")),
        "held_lookup": random.choice(("missing", "pending")),
        "error_body": random.choice(("target", "message", "text")),
    }
    destination = {"batch": {"max": random.choice((1, 3, 5, 10))}, "settle_seconds": random.choice((1, 30, 300))}
    streams = {"users", *(stream for some in FURTHER_STREAMS if random.random() < 0.6 for stream in some)}
    return Scenario(frozenset(streams), organization, destination, random.choice((0, 0, 1)), nights, random)


def _night(random: Random, wishes: Random) -> TroubledNight:
    faults = tuple(_fault(random) for _ in range(random.choice((0, 1, 1, 2, 3))))
    lives = tuple((wishes.choice(WISHES), _ending(random)) for _ in range(random.choice((1, 1, 2))))
    return TroubledNight(faults, lives, imports=random.random() < 0.6)


def _fault(random: Random) -> dict[str, Any]:
    often = {"every": random.randint(1, 5), "times": random.randint(1, 4)}
    return {"side": "virtuous", "path": "/api/", **random.choice(FAULTS), **often}


def _ending(random: Random) -> Ending:
    kind = random.random()
    if kind < 0.75:
        return _killed(random)
    if kind < 0.82:
        return FullDisk(random.randint(1, 60) * 4096)
    if kind < 0.88:
        return Restart(random.uniform(0.1, A_NIGHT_SECONDS))
    if kind < 0.94:
        return TwoWriters(_killed(random), _killed(random), random.uniform(0, A_NIGHT_SECONDS))
    return Stopped((random.choice(CALM), random.randint(1, 3)), _killed(random), until_done=random.random() < 0.5)


def _killed(random: Random) -> Killed:
    kind = random.random()
    if kind < 0.05:
        return Killed()
    if kind < 0.3:
        return Killed(seconds=random.uniform(0.02, A_NIGHT_SECONDS))
    if kind < 0.5:
        return Killed(boundary=(random.choice((STATEMENT, COMMIT)), random.randint(1, 60)))
    if kind < 0.8:
        return Killed(boundary=(random.choice(OFTEN), random.randint(1, 12)))
    return Killed(boundary=(random.choice(BOUNDARIES), random.choice((1, 1, 1, 2, 3))))
