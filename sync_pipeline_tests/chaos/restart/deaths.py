"""Who is killed when: drawn from a seed, and then done."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from sync_pipeline_tests.chaos.restart.fleet import Fleet
from sync_pipeline_tests.chaos.restart.machinery import Kind, Machinery

LOOK_SECONDS = 0.2
LONGEST_MOMENT_SECONDS = 6.0
LONGEST_ABSENCE_SECONDS = 3.0


@dataclass(frozen=True)
class Death:
    """Once so many slices have begun and this moment has passed; a daemon that is killed is away for a while."""

    kind: Kind
    after_slices: int
    moment_seconds: float = 0.0
    absence_seconds: float = 0.0


class NeverOverError(Exception):
    """The fleet did not come to its end in time."""


def drawn(random: Random, customers: int, kills: int) -> list[Death]:
    """Every kind as often as the others, in any order, all over the night."""
    kinds = [list(Kind)[number % len(Kind)] for number in range(kills)]
    random.shuffle(kinds)
    return [
        Death(
            kind,
            customers * number // kills,
            random.uniform(0, LONGEST_MOMENT_SECONDS),
            random.uniform(0, LONGEST_ABSENCE_SECONDS),
        )
        for number, kind in enumerate(kinds)
    ]


def play(
    fleet: Fleet, machinery: Machinery, deaths: Sequence[Death], random: Random, patience_seconds: float
) -> Iterator[Kind]:
    """The night from its start to its end; tells whoever was killed.

    Raises:
        NeverOverError: not within that time.
    """
    give_up_at = time.monotonic() + patience_seconds
    machinery.start()
    try:
        for death in deaths:
            _wait(lambda death=death: sum(fleet.slices().values()) >= death.after_slices, give_up_at)
            threading.Event().wait(death.moment_seconds)
            while not machinery.kill(death.kind, random, fleet.writers()):
                if fleet.is_over():
                    return
                _pause(give_up_at)
            yield death.kind
            threading.Event().wait(death.absence_seconds)
            machinery.start()
        _wait(fleet.is_over, give_up_at)
    finally:
        machinery.end()


def _wait(condition: Callable[[], bool], give_up_at: float) -> None:
    while not condition():
        _pause(give_up_at)


def _pause(give_up_at: float) -> None:
    if time.monotonic() >= give_up_at:
        raise NeverOverError
    threading.Event().wait(LOOK_SECONDS)
