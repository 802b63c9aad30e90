"""A fleet's night among deaths; afterwards every customer had it, none twice, none missing.

    python -m sync_pipeline_tests.chaos.restart --customers 50 --kills 12 --seed 1

The last line is one JSON document; the exit code is 1 when anything is wrong, and standard error says what.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from sync_pipeline_tests.chaos.restart.deaths import NeverOverError, drawn, play
from sync_pipeline_tests.chaos.restart.fleet import fleet
from sync_pipeline_tests.chaos.restart.machinery import Kind, Machinery
from sync_pipeline_tests.chaos.restart.organizations import organizations
from sync_pipeline_tests.chaos.restart.verdict import judge


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync_pipeline_tests.chaos.restart")
    parser.add_argument("--customers", type=int, default=50)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1800, help="seconds until the night must be over")
    parser.add_argument("--log", type=Path, help="where the daemon's words are kept")
    asked = parser.parse_args(arguments)
    random, started = Random(asked.seed), time.monotonic()  # noqa: S311 - a repeatable draw is the purpose
    with (
        tempfile.TemporaryDirectory(prefix="sync-restart-", ignore_cleanup_errors=True) as name,
        organizations(asked.customers, asked.seed) as url,
        fleet(Path(name), url, asked.customers) as night,
    ):
        deaths, killed = drawn(random, asked.customers, asked.kills), Counter[Kind]()
        machinery = Machinery(night.environment, asked.log or Path(name) / "daemon.log")
        try:
            for kind in play(night, machinery, deaths, random, asked.patience):
                killed[kind] += 1
                sys.stderr.write(f"{time.monotonic() - started:6.0f} s  SIGKILL of {kind}\n")
        except NeverOverError:
            sys.stderr.write(f"The night was not over after {asked.patience:.0f} seconds.\n")
        verdict = judge(night, url)
        document = {
            "customers": asked.customers,
            "seed": asked.seed,
            "kills": dict(killed),
            "slices": sum(night.slices().values()),
            "seconds": round(time.monotonic() - started),
            "missing": len(verdict.missing),
            "twice": len(verdict.twice),
            "left_in_flight": len(verdict.left_in_flight),
            "repeats": verdict.repeats,
            "polls_cut_off": night.polls_cut_off(),
            "failed_customers": sorted(verdict.failed),
        }
    for customer, words in sorted(verdict.failed.items()):
        sys.stderr.write(f"{customer}: {'; '.join(words)}\n")
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if verdict.failed else 0


if __name__ == "__main__":
    # `timeout` ends with SIGTERM: what was started must not be left behind then either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
