"""Every two steps of the protocol swapped: the books must show it.

    python -m sync_pipeline_tests.chaos.mutations [--only "send"] [--tries 5]

One line for each pair: `caught` and by what, or `equivalent` and why. The exit code is 1 when a pair is neither, or
when the protocol as it is does not pass.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random

from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.scenario import (
    DUE,
    FURTHER_STREAMS,
    Ending,
    Killed,
    Scenario,
    Stopped,
    TroubledNight,
)
from sync_pipeline_tests.chaos.seeds import play
from sync_pipeline_tests.chaos.stores import Stores, opened_stores
from sync_pipeline_tests.chaos.swapping import BETWEEN, STEPS, Swap
from sync_pipeline_tests.memory import use_memory

MOMENTS = (1, 3, 5, 7, 10, 13, 2, 4)
"""How often the boundary between the swapped steps is passed before the process dies there, try by try."""

PLANNED_TWICE = "planning a cut twice adds nothing, and neither a claim nor the settling of doubt looks at cuts"
ONE_TRANSACTION = "both are one transaction: nobody ever sees one without the other"
EQUIVALENT: dict[Swap, str] = {
    **{("finish planning", later): PLANNED_TWICE for later in ("settle doubt", "take permit", "mark sending")},
    ("take permit", "mark sending"): ONE_TRANSACTION,
    ("record answer", "acknowledge"): ONE_TRANSACTION,
    (
        "take permit",
        "check lease",
    ): "the permit is still taken before the request leaves, and a lost lease sends nothing",
    ("mark sending", "check lease"): "the mark is still there before the request leaves, and checks the lease itself",
}
"""Pairs whose order is secured by something else as well, and by what."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync_pipeline_tests.chaos.mutations")
    parser.add_argument("--only", default="", help="pairs that name this step")
    parser.add_argument("--skip", type=int, default=0, help="pairs that a run before has shown")
    parser.add_argument("--tries", type=int, default=5, help="seeds for each pair")
    asked = parser.parse_args(arguments)
    use_memory()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="sync-mutations-") as name, Nursery() as nursery:
        base = Path(name)
        with opened_stores("sqlite", base) as stores:
            for pair in [(), *combinations(STEPS, 2)][asked.skip :]:
                swap = (pair[0], pair[1]) if pair else None
                if asked.only and (swap is None or asked.only not in swap):
                    continue
                verdict, is_right = judged(base, stores, nursery, swap, asked.tries)
                missed += not is_right
                sys.stdout.write(f"{' / '.join(swap or ('nothing swapped',))}: {verdict}\n")
                sys.stdout.flush()
    return 1 if missed else 0


def judged(base: Path, stores: Stores, nursery: Nursery, swap: Swap | None, tries: int) -> tuple[str, bool]:
    """What became of a pair, and whether that is what it should be."""
    if swap in EQUIVALENT:
        return f"equivalent: {EQUIVALENT[swap]}", True
    for number in range(tries):
        with tempfile.TemporaryDirectory(dir=base) as folder:
            outcome = play(Path(folder), stores, nursery, number + 1, targeted(swap, number), swap)
        if outcome.findings.all:
            found = outcome.findings
            first = (found.unsound or found.duplicates or found.lost)[0]  # once one is found the nights end
            return f"caught by seed {number + 1}: {first}", swap is not None
    return f"clean in {tries} seeds", swap is None


def targeted(swap: Swap | None, number: int) -> Scenario:
    """Death where it hurts: between the two steps, or as a second writer takes over."""
    streams = frozenset({"users", *(stream for some in FURTHER_STREAMS for stream in some)})
    nights = tuple(
        TroubledNight(
            faults=(),
            lives=((DUE, _ending(swap, MOMENTS[(number + night) % len(MOMENTS)])), (DUE, Killed())),
            imports=True,
        )
        for night in range(2)
    )
    destination = {"batch": {"max": 10}, "settle_seconds": 1}
    random = Random(number)  # noqa: S311 - a repeatable draw is the purpose
    return Scenario(streams, {"auto_import": "immediately"}, destination, 0, nights, random)


def _ending(swap: Swap | None, moment: int) -> Ending:
    match swap:
        case ("check lease", _):
            return Stopped(("after claim_round", moment), Killed(), until_done=True)
        case ("settle doubt", _):
            return Killed(("after send", moment))
        case None:
            return Killed(("after claim_round", moment))
        case _:
            return Killed((BETWEEN, moment))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
