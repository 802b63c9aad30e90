"""Read 10,000 users, 15 a page, 50 ms an answer, against a bare loop of httpx that keeps 8 requests going.

Both sides read the same server and take turns, so that a busy machine hurts both; the best of each counts. Ours
checks, flattens and keys every record, keeps every page with its cursor and seals a Parquet cut, as the stage
source_snapshot does; the bare loop only decodes. Memory is the peak of this process while ours
reads, and the server is another process.
"""

import asyncio
import json
import logging
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import structlog
from local_servers import people_server

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.adapters.parquet import ParquetStore
from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.configuration import Connector, CustomerSource
from sync_pipeline.domain.cut import ReadPlan, Strategy, StreamName
from sync_pipeline.stages.source_snapshot.gathering import Gathered, gather

USERS = 10_000
PAGE_SIZE = 15
ANSWER_SECONDS = 0.05
CONCURRENCY = 8
REPETITIONS = 3
GOAL = 1.15
PAGES = -(-USERS // PAGE_SIZE)


async def bare(base: str) -> int:
    """The floor: nothing but requests, 8 at once, their addresses known beforehand."""
    numbers = iter(range(1, PAGES + 1))
    read = 0

    async def worker(client: httpx.AsyncClient) -> None:
        nonlocal read
        for number in numbers:
            answer = await client.get(f"{base}/users", params={"page": number})
            read += len(answer.json()["data"])

    async with httpx.AsyncClient(headers={"Authorization": "Bearer bench"}) as client:
        await asyncio.gather(*(worker(client) for _ in range(CONCURRENCY)))
    return read


async def ours(base: str, folder: Path) -> int:
    connector = Connector.model_validate(
        {
            "connector": "bench",
            "base_url": base,
            "defaults": {
                "records": "data",
                "total": "meta.total",
                "pagination": {"kind": "next_link", "path": "links.next"},
            },
            "streams": {"users": {"path": "/users", "key": ["id"]}},
        }
    )
    config = CustomerSource(connector=connector, reference_source="BENCH")
    plan = ReadPlan(stream="users", strategy=Strategy.FULL_SNAPSHOT, since=None, concurrency=CONCURRENCY, tries=10)
    stream = connector.stream("users")
    store, name = ParquetStore(folder), StreamName("bench", "users")
    writer, journal = store.open_cut(name, 1, stream.key), store.begin_journal(name, 1, "bench")
    async with HttpSource(config, {"users": stream}, "bench", SystemClock()) as source:
        await gather(source, plan, writer, journal, Gathered(whole=True), lambda *, can_go_on: None)  # noqa: ARG005 - AfterPage's
    journal.discard()
    return writer.seal("updated_at").rows


def timed(read: int, began: float) -> float:
    seconds = time.perf_counter() - began
    if read != USERS:
        raise SystemExit(f"read {read} of {USERS} users")
    return seconds


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    own: list[float] = []
    floor: list[float] = []
    with people_server(USERS, ANSWER_SECONDS) as base:
        for _ in range(REPETITIONS):
            with TemporaryDirectory() as folder:
                began = time.perf_counter()
                own.append(timed(asyncio.run(ours(base, Path(folder))), began))
            began = time.perf_counter()
            floor.append(timed(asyncio.run(bare(base)), began))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {
        "case": "read_10k_users",
        "ratio": round(min(own) / min(floor), 3),
        "goal": GOAL,
        "peak_mb": round(peak_mb, 1),
        "seconds": round(min(own), 2),
        "reference_seconds": round(min(floor), 2),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
