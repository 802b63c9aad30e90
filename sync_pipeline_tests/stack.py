"""`make stack`: the whole production stack on this machine, to look at and for a test; all of it is gone at the end.

PostgreSQL from the wheel, the sandbox where the fleet expects it, and `sync-pipeline stack` on both.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sync_pipeline.cli.ui import sandbox_beside
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.postgres import PostgresServer


def main() -> int:
    """Until SIGTERM or SIGINT; answers the exit code of `sync-pipeline stack`."""
    addresses = {customer.destination.address for customer in Workplace().fleet().customers.values()}
    with PostgresServer() as server, TemporaryDirectory(prefix="sync-stack-") as home, sandbox_beside(addresses):
        stores = {name: server.url(server.create_database()) for name in ("SYNC_DATABASE_URL", "DAGSTER_PG_URL")}
        surroundings = {"SYNC_HOME": home, "DAGSTER_HOME": str(Path(home) / "dagster"), **stores}
        for name, value in surroundings.items():
            print(f"{name}={value}", flush=True)  # noqa: T201 - whoever wants to look, or run a command on it
        return run({**os.environ, **surroundings, "SYNC_DATA_URL": ""}, sys.argv[1:])


def run(environment: Mapping[str, str], options: list[str]) -> int:
    command = [sys.executable, "-m", "sync_pipeline", "stack", *options]
    with subprocess.Popen(command, env=environment) as stack:
        signal.signal(signal.SIGTERM, lambda *_: stack.terminate())
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the stack too; PostgreSQL has to outlive it
        return stack.wait()


if __name__ == "__main__":
    sys.exit(main())
