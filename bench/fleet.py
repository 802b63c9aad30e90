"""A fleet on one machine: the tick that finds who is due, and the sweep that polls everybody.

`tick`: `due_customers` over 10,000 customers of whom nobody is due, their files unchanged since the tick before. Its
floor is reading all those files once: who changed can only be seen there.

`sweep`: 1,000 loaded customers are polled and nothing is new; every source answers after 50 ms. The floor is the same
requests by bare httpx, as many at once. Memory is the peak of the sweeping process.

`nights`: 1,000 customers' first nights by Dagster's daemon, PEOPLE_OF_EACH new contacts each, from its start until the
last one is done. The floor is the rate of FLOOR_CUSTOMERS runs of three empty assets by Dagster's own code server, with
the same daemon and the same queue.

    python bench/fleet.py [tick|sweep|nights] [CUSTOMERS]
"""

import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import httpx
import psutil
import structlog
from customer_files import token
from local_servers import OUR_SERVER, await_port, dagster_daemon, dagster_server, free_port, people_server, process
from sampling import Sampler

from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.home import prepare_dagster_home
from sync_pipeline.orchestration.partitions import register
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sensors import due_customers
from sync_pipeline.orchestration.sweep import AT_ONCE, NOTHING_NEW, sweep
from sync_pipeline.sandbox.server import serve
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.loaded_fleet import load_everybody

TICK_CUSTOMERS, SWEEP_CUSTOMERS, NIGHTS_CUSTOMERS = 10_000, 1_000, 1_000
FLOOR_CUSTOMERS = 200
PEOPLE_OF_EACH = 15
ANSWER_SECONDS = 0.05
TICK_GOAL_SECONDS, SWEEP_GOAL_SECONDS, SWEEP_GOAL_MB, NIGHTS_GOAL_RATIO = 1.0, 60.0, 500, 1.3
FILE = """id: {name}
name: {name}
timezone: America/Chicago
destination: {{base_url: "http://127.0.0.1:9", token: env:BENCH_TOKEN}}
sources:
  vomo: {{connector: vomo, base_url: "{url}", token: env:BENCH_TOKEN, reference_source: VOMO}}
streams:
  users: {{source: vomo, recipe: vomo_users_to_contacts, read: {{strategy: modified_since}}}}
"""


def opened(folder: Path, url: str, customers: int) -> Workplace:
    """A deployment with so many customers, by the environment of this process and its children."""
    files = folder / "customers"
    files.mkdir()
    for number in range(customers):
        name = f"customer-{number:05}"
        (files / f"{name}.yaml").write_text(FILE.format(name=name, url=url))
    os.environ.update({"SYNC_HOME": str(folder / "home"), "SYNC_CUSTOMERS": str(files), "BENCH_TOKEN": "bench"})
    return Workplace(load_settings())


def tick(folder: Path, customers: int) -> dict[str, Any]:
    workplace = opened(folder, "http://127.0.0.1:9", customers)
    names = list(workplace.fleet().customers)

    class Kept(WorkplaceResource):
        def open(self) -> Workplace:
            return workplace

    seconds, floor = [], []
    with dg.DagsterInstance.ephemeral() as instance:
        register(instance, names)
        for _ in range(5):
            with dg.build_sensor_context(instance=instance, resources={"workplace": Kept()}) as context:
                began = time.perf_counter()
                result = due_customers(context)
                seconds.append(time.perf_counter() - began)
            began = time.perf_counter()
            for path in sorted((folder / "customers").iterdir()):
                path.read_bytes()
            floor.append(time.perf_counter() - began)
    workplace.close()
    return {
        "case": "tick",
        "customers": customers,
        "seconds": round(min(seconds), 3),
        "goal": TICK_GOAL_SECONDS,
        "reading_the_files_seconds": round(min(floor), 3),
        "ratio": round(min(seconds) / min(floor), 1),
        "said": result.skip_reason.skip_message if isinstance(result, dg.SensorResult) and result.skip_reason else "",
    }


async def bare(url: str, customers: int) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient() as client:

        async def one() -> None:
            async with gate:
                (await client.get(f"{url}/users", params={"page": 1})).json()

        await asyncio.gather(*(one() for _ in range(customers)))


def swept() -> None:
    """The child: one sweep in a fresh process, with its time and its peak memory."""
    workplace = Workplace(load_settings())
    began = time.perf_counter()
    done = asyncio.run(sweep(workplace, "bench"))
    document = {"seconds": time.perf_counter() - began, "outcomes": done.outcomes}
    print(json.dumps({**document, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def sweep_case(folder: Path, customers: int) -> dict[str, Any]:
    with people_server(PEOPLE_OF_EACH, ANSWER_SECONDS) as url:
        workplace = opened(folder, url, customers)
        asyncio.run(load_everybody(workplace))
        workplace.close()
        child = subprocess.run([sys.executable, __file__, "--swept"], check=True, stdout=subprocess.PIPE)
        ours = json.loads(child.stdout.splitlines()[-1])
        began = time.perf_counter()
        asyncio.run(bare(url, customers))
        floor = time.perf_counter() - began
    if ours["outcomes"] != {NOTHING_NEW: customers}:
        raise SystemExit(f"the sweep ended with {ours['outcomes']}")
    return {
        "case": "sweep",
        "customers": customers,
        "seconds": round(ours["seconds"], 1),
        "goal": SWEEP_GOAL_SECONDS,
        "bare_requests_seconds": round(floor, 1),
        "ratio": round(ours["seconds"] / floor, 1),
        "peak_mb": round(ours["peak_mb"]),
        "goal_mb": SWEEP_GOAL_MB,
    }


def write_nights(folder: Path, url: str, customers: int) -> None:
    """Everybody's slot came a minute ago, and the quiet hours are long."""
    files = folder / "customers"
    files.mkdir()
    nightly = f"{datetime.now(UTC) - timedelta(minutes=1):%H:%M}"
    for number in range(customers):
        name = f"customer-{number:05}"
        text = FILE.format(name=name, url=f"{url}/vomo/v1").replace("http://127.0.0.1:9", url)
        text = text.replace("env:BENCH_TOKEN}\nsources", f'"{token(folder, name)}"}}\nsources')
        slots = f'nightly: "{nightly}", poll_minutes: 1440, reconcile: {{daily: false, weekly: null}}'
        (files / f"{name}.yaml").write_text(
            f"{text}schedule: {{{slots}}}\n".replace("timezone: America/Chicago\n", ""), encoding="utf-8"
        )


def sandbox(port: int, customers: int) -> None:
    world = World()
    for number in range(customers):
        world.add_organization(f"customer-{number:05}")
    world.add_vomo_organization("bench", users=PEOPLE_OF_EACH)
    serve(world, port=port)


@dataclass(frozen=True)
class Night:
    """How long it took from the start of the daemon, and the most memory at once: code server, daemon and runs."""

    seconds: float
    megabytes: float


def night(folder: Path, code_server: Sequence[str], finished: Callable[[], int], customers: int) -> Night:
    """The code server is there before the daemon, as in a deployment."""
    sandboxes = psutil.Process().children()
    with dagster_server(folder, code_server) as workspace, Sampler(besides=sandboxes, every=5) as sampler:
        began = time.perf_counter()
        with dagster_daemon(folder, workspace) as daemon:
            while finished() < customers and daemon.is_running():
                time.sleep(1)
        return Night(time.perf_counter() - began, sampler.megabytes)


def nights_case(folder: Path, customers: int) -> dict[str, Any]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, __file__, "--sandbox", str(port), str(customers)]
    with process(command, folder / "sandbox.log"):
        await_port(port)
        write_nights(folder, url, customers)
        os.environ.update({"SYNC_CUSTOMERS": str(folder / "customers"), "BENCH_TOKEN": "bench"})
        os.environ.update({"SYNC_HOME": str(folder / "ours"), "DAGSTER_HOME": str(folder / "ours" / "dagster")})
        workplace = Workplace(load_settings())
        prepare_dagster_home(workplace.settings.dagster_home)
        names = list(workplace.fleet().customers)

        def done() -> int:
            rows = [row for name in names if (row := workplace.state.runs.run(name)) is not None]
            return sum(row["status"] == RunStatus.DONE for row in rows)

        ours = night(folder, [*OUR_SERVER, "-m", "sync_pipeline.definitions"], done, customers)
        workplace.close()
        books = httpx.get(f"{url}/sandbox/books", timeout=60).json()["organizations"]
    os.environ["DAGSTER_HOME"] = str(folder / "floor")
    prepare_dagster_home(folder / "floor")
    some = names[:FLOOR_CUSTOMERS]
    with dg.DagsterInstance.get() as instance:
        register(instance, some)

        def over() -> int:
            return instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))

        empty = str(Path(__file__).with_name("empty_nights.py"))
        floor = night(folder, ["dagster", "api", "grpc", "-f", empty], over, len(some))
    return {
        "case": "nights",
        "customers": customers,
        "delivered": sum(books[name]["rows_accepted"] for name in names),
        "seconds": round(ours.seconds),
        "a_minute": round(customers / ours.seconds * 60, 1),
        "peak_mb": round(ours.megabytes),
        "empty_runs": len(some),
        "empty_runs_seconds": round(floor.seconds),
        "empty_runs_a_minute": round(len(some) / floor.seconds * 60, 1),
        "empty_runs_peak_mb": round(floor.megabytes),
        "ratio": round(ours.seconds / customers / (floor.seconds / len(some)), 2),
        "goal": NIGHTS_GOAL_RATIO,
    }


CASES = {
    "nights": (nights_case, NIGHTS_CUSTOMERS),
    "tick": (tick, TICK_CUSTOMERS),
    "sweep": (sweep_case, SWEEP_CUSTOMERS),
}


def main(arguments: Sequence[str]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if arguments == ["--swept"]:
        swept()
        return
    if arguments[:1] == ["--sandbox"]:
        sandbox(*map(int, arguments[1:]))
        return
    wanted = arguments[:1] or list(CASES)
    for name in wanted:
        case, customers = CASES[name]
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Dagster may still write its last line
            document = case(Path(folder), int(arguments[1]) if len(arguments) > 1 else customers)
            print(json.dumps({"bench": "fleet", **document}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
