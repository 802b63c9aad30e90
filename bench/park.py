"""Let many customers wait for their quota: what 200 of them with 3,000 single writes each keep alive meanwhile.

The hour is shortened by FASTER, and the quota is half of what one customer has to write, so that everybody parks.
First every customer has its first slice, LANES at a time, until it parks; then Dagster's daemon is started, and the
sensor resume_parked and the queue go on with all of them until everything is delivered. Processes and memory (PSS,
which counts a shared page once) are sampled twice a second; the sandbox's are not counted.

The reference is a worker that sleeps until its quota allows more: LANES of them, `run --wait`, are measured while they
sleep, and multiplied by the number of customers.

    python bench/park.py [CUSTOMERS WRITES]
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil
from customer_files import token, write_customer
from local_servers import OUR_SERVER, await_port, dagster_daemon, dagster_server, free_port, process
from sampling import SAMPLE_SECONDS, Sampler, pss

from sync_pipeline.orchestration.home import prepare_dagster_home
from sync_pipeline.sandbox.server import serve
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace

CUSTOMERS, WRITES = 200, 3_000
FASTER = 12  # a shorter window would be over before a few workers, single write by single write, had used their share
WINDOW_SECONDS = 3600 // FASTER
LANES = 4
VOMO = "vomo"
COMMAND = str(Path(sys.executable).with_name("sync-pipeline"))


def name_of(number: int) -> str:
    return f"customer-{number:04}"


def quota_of(writes: int) -> dict[str, int]:
    return {"requests": writes // 2, "window_seconds": WINDOW_SECONDS}


def write_customers(folder: Path, url: str, customers: int, writes: int) -> None:
    (folder / "customers").mkdir()
    for number in range(customers):
        customer_id = name_of(number)
        document = {
            "id": customer_id,
            "name": customer_id,
            "destination": {
                "base_url": url,
                "token": token(folder, customer_id),
                "batch": {"max": 1},
                "quota": {**quota_of(writes), "use": 0.8},
            },
            "sources": {
                "vomo": {
                    "connector": "vomo",
                    "base_url": f"{url}/vomo/v1",
                    "token": token(folder, VOMO),
                    "reference_source": "VOMO",
                }
            },
            "streams": {"users": {"source": "vomo", "recipe": "vomo_users_to_contacts"}},
        }
        write_customer(folder / "customers", document)


def first_slice(customer_id: str) -> None:
    done = subprocess.run([COMMAND, "run", customer_id, "--json"], capture_output=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{customer_id} ended with {done.returncode}: {done.stdout.decode()[-2000:]}")


def sleeping(workplace: Workplace, names: Sequence[str]) -> float:
    """Megabytes of a worker that waits for its quota in its process."""
    words = ("--json", "--wait")
    workers = [subprocess.Popen([COMMAND, "run", name, *words], stdout=subprocess.DEVNULL) for name in names]
    while not all(workplace.state.parks.of_run(name, run) for name, run in newest_runs(workplace, names)):
        time.sleep(SAMPLE_SECONDS)
    megabytes = sum(pss(psutil.Process(worker.pid)) for worker in workers) / len(workers)
    for worker in workers:
        worker.terminate()
        worker.wait()
    return megabytes


def newest_runs(workplace: Workplace, names: Sequence[str]) -> list[tuple[str, str]]:
    rows = [(name, workplace.state.runs.run(name)) for name in names]
    return [(name, "" if row is None else row["run_id"]) for name, row in rows]


def unfinished(workplace: Workplace, names: Sequence[str]) -> int:
    statuses = [row["status"] for name in names if (row := workplace.state.runs.run(name)) is not None]
    if "failed" in statuses:
        sys.exit("a run failed")
    return len(names) - statuses.count("done")


def sandbox(port: int, customers: int, writes: int) -> None:
    world = World()
    for number in range(customers):
        world.add_organization(name_of(number), quota=quota_of(writes))
    world.add_vomo_organization(VOMO, users=writes)
    serve(world, port=port)


def measure(folder: Path, url: str, serving: psutil.Process, customers: int, writes: int) -> dict[str, Any]:
    names = [name_of(number) for number in range(customers)]
    write_customers(folder, url, customers, writes)
    os.environ.update({"SYNC_HOME": str(folder / "home"), "SYNC_CUSTOMERS": str(folder / "customers")})
    workplace = Workplace(load_settings())
    prepare_dagster_home(workplace.settings.dagster_home)
    started = time.perf_counter()
    worker = sleeping(workplace, names[:LANES])
    with ThreadPoolExecutor(LANES) as lanes:
        list(lanes.map(first_slice, names[LANES:]))
    parked = sum(workplace.state.parks.of_run(*run) is not None for run in newest_runs(workplace, names))
    resuming = (*OUR_SERVER, "-f", str(Path(__file__).with_name("resuming.py")))
    with (
        dagster_server(folder, resuming) as workspace,
        dagster_daemon(folder, workspace) as running,
        Sampler(besides=[serving]) as sampler,
    ):
        while unfinished(workplace, names) and running.is_running():
            time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - started
    workplace.close()
    books = httpx.get(f"{url}/sandbox/books", timeout=60).json()["organizations"]
    mine = [books[name] for name in names]
    return {
        "bench": "park",
        "customers": customers,
        "writes_each": writes,
        "delivered": sum(one["rows_accepted"] for one in mine),
        "twice": sum(one["duplicates"] + one["repeats"] for one in mine),
        "answers_429": sum(one["answers"].get("429", 0) for one in mine),
        "parked_without_a_process": parked,
        "peak_processes": sampler.processes,
        "peak_memory_mb": round(sampler.megabytes),
        "sleeping_worker_mb": round(worker),
        "of_sleeping_workers": round(sampler.megabytes / (worker * customers), 4),
        "seconds": round(seconds),
    }


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["--sandbox"]:
        sandbox(*map(int, arguments[1:]))
        return
    customers, writes = map(int, arguments) if arguments else (CUSTOMERS, WRITES)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:  # Dagster may still write its last line
        folder = Path(name)
        command = [sys.executable, __file__, "--sandbox", str(port), str(customers), str(writes)]
        with process(command, folder / "sandbox.log") as serving:
            await_port(port)
            print(json.dumps(measure(folder, url, serving, customers, writes)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
