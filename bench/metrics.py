"""Watching a fleet, by metrics, alerts and pages.

The state store of CUSTOMERS after eight days of nights, reconciliations and polls: each has 12 runs a day with a report
of 3 KB, OPERATIONS in the ledger of which a few are not over, and REQUESTS within the window of its quota. The first
collection loads the customers' files; a scrape is what comes after. A look is what `check_alerts` does every 30 s,
with nothing to tell; the page is the fleet's.

    python bench/metrics.py [CUSTOMERS] [DATABASE_URL]
"""

import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from sqlalchemy import Table, insert

from sync_pipeline.adapters.prometheus import exposition
from sync_pipeline.adapters.sql import tables
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.cli.metrics_documents import measure
from sync_pipeline.cli.page_documents import new_fleet_page
from sync_pipeline.domain.alerts.of_runs import Judgement
from sync_pipeline.domain.alerts.summary import summary_text
from sync_pipeline.domain.report import empty_report
from sync_pipeline.domain.run import Layer, Run, RunStatus
from sync_pipeline.orchestration.watching import look_and_tell
from sync_pipeline.settings import load_settings
from sync_pipeline.workplace import Workplace

CUSTOMERS, DAYS, RUNS_A_DAY, OPERATIONS, REQUESTS = 1_000, 8, 12, 1_000, 300
GOAL_SECONDS = 1.0
ROWS_AT_ONCE = 20_000
FILE = """id: {name}
name: {name}
destination: {{base_url: "http://127.0.0.1:9", token: env:BENCH_TOKEN}}
sources:
  vomo: {{connector: vomo, base_url: "http://127.0.0.1:9", token: env:BENCH_TOKEN, reference_source: VOMO}}
streams:
  users: {{source: vomo, recipe: vomo_users_to_contacts, read: {{strategy: modified_since}}}}
"""
STATES = ("dead", "deferred", "waiting", "planned", "review")

Rows = Iterator[dict[str, Any]]


def run_rows(name: str, now: datetime) -> Rows:
    for number in range(DAYS * RUNS_A_DAY):
        began = now - timedelta(days=DAYS) + timedelta(hours=24 / RUNS_A_DAY) * number
        of_day = number % RUNS_A_DAY
        layer = (Layer.NIGHTLY, Layer.RECONCILE)[of_day] if of_day < 2 else Layer.POLL  # noqa: PLR2004 - one of each
        run = Run(name, f"{layer.value}-{number}", layer, began.isoformat())
        words = [{"key": str(key), "reason": "x" * 40} for key in range(40)]
        report = replace(empty_report(run, RunStatus.DONE, began), total_changes=5, failure_details=words)
        yield {
            "customer_id": name,
            "run_id": run.run_id,
            "layer": layer.value,
            "slot": run.slot,
            "status": "done",
            "started_at": began,
            "completed_at": began,
            "report": report.as_dict(),
        }


def ledger_rows(name: str, now: datetime) -> Rows:
    for number in range(OPERATIONS):
        state = STATES[number] if number < len(STATES) else "confirmed"
        yield {
            "customer_id": name,
            "run_id": "r",
            "kind": "contact",
            "reference_source": "VOMO",
            "reference_id": str(number),
            "state": state,
            "priority": 1,
            "attempts": 1,
            "deferrals": 0,
            "planned_at": now,
            "updated_at": now,
        }


def request_rows(name: str, now: datetime) -> Rows:
    for number in range(REQUESTS):
        at = now - timedelta(seconds=10 * number)
        event = {"customer_id": name, "destination": f"127.0.0.1|{name}", "run_id": "r", "endpoint": "POST /x"}
        yield {**event, "at": at, "outcome": "accepted", "status": 200}


def position_rows(name: str, now: datetime) -> Rows:
    yield {"customer_id": name, "source": "vomo", "stream": "users", "direction": "in", "accounted_at": now}


def fill(store: StateStore, names: Sequence[str], now: datetime) -> None:
    filled = (
        (tables.runs, run_rows),
        (tables.ledger, ledger_rows),
        (tables.quota_events, request_rows),
        (tables.positions, position_rows),
    )
    for table, rows_of in filled:
        write(store, table, (row for name in names for row in rows_of(name, now)))


def write(store: StateStore, table: Table, rows: Rows) -> None:
    while some := list(islice(rows, ROWS_AT_ONCE)):
        with store.database.write() as connection:
            connection.execute(insert(table), some)


def scrapes(folder: Path, customers: int, database_url: str | None) -> dict[str, Any]:
    files = folder / "customers"
    files.mkdir()
    names = [f"customer-{number:05}" for number in range(customers)]
    for name in names:
        (files / f"{name}.yaml").write_text(FILE.format(name=name), encoding="utf-8")
    os.environ.update({"SYNC_HOME": str(folder / "home"), "SYNC_CUSTOMERS": str(files), "BENCH_TOKEN": "bench"})
    if database_url is not None:
        os.environ["SYNC_DATABASE_URL"] = database_url
    workplace = Workplace(load_settings())
    fill(workplace.state, names, datetime.now(UTC))
    began = time.perf_counter()
    measure(workplace)
    first = time.perf_counter() - began
    collected, rendered, size, series = [], [], 0, 0
    for _ in range(5):
        began = time.perf_counter()
        measured = measure(workplace)
        collected.append(time.perf_counter() - began)
        body = exposition(measured)
        rendered.append(time.perf_counter() - began)
        size, series = len(body), sum(len(values) for _, values in measured)
    looks = [timed(lambda: look_and_tell(workplace, Judgement([], frozenset()))) for _ in range(4)][1:]
    summary = timed(lambda: summary_text(workplace.summary(workplace.fleet())))
    page = timed(new_fleet_page)
    workplace.close()
    return {
        "bench": "metrics",
        "customers": customers,
        "kind": workplace.settings.database_url.partition(":")[0],
        "runs": customers * DAYS * RUNS_A_DAY,
        "operations": customers * OPERATIONS,
        "first_seconds": round(first, 2),
        "collect_seconds": round(min(collected), 3),
        "scrape_seconds": round(min(rendered), 3),
        "slowest_scrape_seconds": round(max(rendered), 3),
        "goal": GOAL_SECONDS,
        "look_seconds": round(min(looks), 3),
        "summary_seconds": round(summary, 3),
        "page_seconds": round(page, 3),
        "series": series,
        "megabytes": round(size / 1e6, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(arguments: Sequence[str]) -> None:
    # The first look finds something of everybody, and there is no Slack.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    customers = int(arguments[0]) if arguments else CUSTOMERS
    with TemporaryDirectory() as folder:
        print(json.dumps(scrapes(Path(folder), customers, arguments[1] if len(arguments) > 1 else None)))


if __name__ == "__main__":
    main(sys.argv[1:])
