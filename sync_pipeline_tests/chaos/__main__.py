"""Real processes killed by the hundred, and three books compared after each seed.

python -m sync_pipeline_tests.chaos --seeds 100 [--start 1]
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline_tests.chaos.nursery import Nursery
from sync_pipeline_tests.chaos.seeds import Databases, Outcome, play, sqlite_copies
from sync_pipeline_tests.conftest import IN_MEMORY


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync_pipeline_tests.chaos")
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--start", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    asked = parser.parse_args(arguments)
    started = time.monotonic()
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    seeds = range(asked.start, asked.start + asked.seeds)
    with tempfile.TemporaryDirectory(prefix="sync-chaos-", dir=place) as base, ExitStack() as stack:
        migrated = Path(base) / "migrated.db"
        Database(f"sqlite:///{migrated}").close()
        databases = stack.enter_context(sqlite_copies(migrated))
        nurseries: SimpleQueue[Nursery] = SimpleQueue()
        for _ in range(asked.jobs):
            nurseries.put(stack.enter_context(Nursery()))
        with ThreadPoolExecutor(asked.jobs) as workers:
            outcomes = list(workers.map(partial(_played, Path(base), databases, nurseries), seeds))
    failed = [outcome.seed for outcome in outcomes if outcome.findings.any]
    document = {
        "seeds": len(outcomes),
        "kills": sum(outcome.kills for outcome in outcomes),
        "in_doubt_resolved": sum(outcome.resolved for outcome in outcomes),
        "duplicates": sum(len(outcome.findings.duplicates) for outcome in outcomes),
        "lost": sum(len(outcome.findings.lost) for outcome in outcomes),
        "nights": sum(outcome.nights for outcome in outcomes),
        "seconds": round(time.monotonic() - started, 1),
        "database": "sqlite",
        "failed_seeds": failed,
    }
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if failed else 0


def _played(base: Path, databases: Databases, nurseries: SimpleQueue[Nursery], seed: int) -> Outcome:
    nursery = nurseries.get()
    try:
        with tempfile.TemporaryDirectory(prefix=f"{seed}-", dir=base) as name:
            folder = Path(name)
            outcome = play(folder, databases(folder), nursery, seed)
    finally:
        nurseries.put(nursery)
    if outcome.findings.any:
        findings = outcome.findings
        for words in (*findings.duplicates, *findings.lost):
            sys.stderr.write(f"seed {seed}: {words}\n")
        sys.stderr.write(f"seed {seed} again: python -m sync_pipeline_tests.chaos --seeds 1 --start {seed}\n")
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
