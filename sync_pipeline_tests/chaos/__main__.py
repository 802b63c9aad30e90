"""Real processes killed by the hundred, and three books compared after each seed.

python -m sync_pipeline_tests.chaos --seeds 100 [--start 1] [--database postgresql]
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.place import Outcome
from sync_pipeline_tests.chaos.seeds import play
from sync_pipeline_tests.chaos.stores import Stores, opened_stores
from sync_pipeline_tests.memory import use_memory


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync_pipeline_tests.chaos")
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--start", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    use_memory()
    seeds = range(asked.start, asked.start + asked.seeds)
    with tempfile.TemporaryDirectory(prefix="sync-chaos-") as name, ExitStack() as stack:
        workers: SimpleQueue[Worker] = SimpleQueue()
        for number in range(asked.jobs):
            (base := Path(name) / str(number)).mkdir()
            stores = stack.enter_context(opened_stores(asked.database, base))
            workers.put(Worker(base, stores, stack.enter_context(Nursery())))
        with ThreadPoolExecutor(asked.jobs) as pool:
            outcomes = list(pool.map(partial(_played, workers, asked.database), seeds))
    failed = [outcome.seed for outcome in outcomes if outcome.findings.all]
    document = {
        "seeds": len(outcomes),
        "kills": sum(outcome.kills for outcome in outcomes),
        "in_doubt_resolved": sum(outcome.resolved for outcome in outcomes),
        "duplicates": sum(len(outcome.findings.duplicates) for outcome in outcomes),
        "lost": sum(len(outcome.findings.lost) for outcome in outcomes),
        "unsound": sum(len(outcome.findings.unsound) for outcome in outcomes),
        "nights": sum(outcome.nights for outcome in outcomes),
        "seconds": round(time.monotonic() - started, 1),
        "database": asked.database,
        "failed_seeds": failed,
    }
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if failed else 0


@dataclass(frozen=True)
class Worker:
    """What plays one seed at a time."""

    base: Path
    stores: Stores
    nursery: Nursery


def _played(workers: SimpleQueue[Worker], database: str, seed: int) -> Outcome:
    worker = workers.get()
    try:
        with tempfile.TemporaryDirectory(prefix=f"{seed}-", dir=worker.base) as name:
            outcome = play(Path(name), worker.stores, worker.nursery, seed)
    finally:
        workers.put(worker)
    if outcome.findings.all:
        for words in outcome.findings.all:
            sys.stderr.write(f"seed {seed}: {words}\n")
        again = f"python -m sync_pipeline_tests.chaos --seeds 1 --start {seed} --database {database}"
        sys.stderr.write(f"seed {seed} again: {again}\n")
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
