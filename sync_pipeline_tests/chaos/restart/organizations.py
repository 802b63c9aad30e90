"""The sandbox of a fleet, in a process of its own: it survives whatever happens to those who sync.

python -m sync_pipeline_tests.chaos.restart.organizations CUSTOMERS SEED ANSWER_MS
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sync_pipeline.sandbox.server import serve
from sync_pipeline.sandbox.world import World

REPOSITORY = Path(__file__).parents[3]
PEOPLE, PROJECTS = 30, 3
ANSWER_MS = 250
"""A night of some seconds is long enough to be killed in the middle."""


def name_of(number: int) -> str:
    return f"customer-{number:02}"


def tokens(name: str) -> tuple[str, str]:
    """Of its Virtuous organization, and of its VOMO organization."""
    return f"{name}-virtuous", f"{name}-vomo"


@contextmanager
def organizations(customers: int, seed: int, answer_ms: int = ANSWER_MS) -> Iterator[str]:
    """Two for each customer; the base URL of both sides."""
    command = [sys.executable, "-m", __name__, str(customers), str(seed), str(answer_ms)]
    # Told apart from those who sync by what is missing in its environment.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNC_")}
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("The sandbox did not start.")
            yield url
        finally:
            process.kill()


def main(arguments: Sequence[str]) -> None:
    customers, seed, answer_ms = map(int, arguments)
    world = World()
    for number in range(customers):
        virtuous, vomo = tokens(name_of(number))
        world.add_organization(virtuous)
        world.add_vomo_organization(vomo, users=PEOPLE, projects=PROJECTS, seed=seed * 1000 + number)
    for side in ("virtuous", "vomo"):
        world.add_fault(side=side, kind="latency", delay_ms=answer_ms)

    def announce(url: str) -> None:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()

    serve(world, port=0, announce=announce)


if __name__ == "__main__":
    main(sys.argv[1:])
