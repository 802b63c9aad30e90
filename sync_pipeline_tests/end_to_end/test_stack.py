"""The whole stack without containers: one command, real processes, both stores on PostgreSQL, a night by the daemon."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import text

from sync_pipeline.adapters.sql.database import create_engine_for
from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.adapters.test_supervision import processes_marked
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.postgres import PostgresServer
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

PATIENCE_SECONDS = 90
LOCATIONS = "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } } }"
RUNS = "{ runsOrError { ... on Runs { results { jobName status tags { key value } } } } }"
READY = re.compile(r"^Ready: (http://\S+)$", re.MULTILINE)
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Stores:
    state: str
    dagster: str

    @property
    def runs_of_dagster(self) -> list[tuple[str, str]]:
        engine = create_engine_for(self.dagster)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT pipeline_name, status FROM runs")).all()
        engine.dispose()
        return [(row.pipeline_name, row.status) for row in rows]


@pytest.fixture
def stores(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Two empty databases that the environment names."""
    names = [postgres_server.create_database() for _ in range(2)]
    stores = Stores(*(postgres_server.url(name) for name in names))
    monkeypatch.setenv("SYNC_DATABASE_URL", stores.state)
    monkeypatch.setenv("DAGSTER_PG_URL", stores.dagster)
    monkeypatch.setenv("SYNC_REGION", "us")
    yield stores
    for name in names:
        postgres_server.drop_database(name)


@pytest.fixture
def stores_with_a_night_due(fleet: Path, stores: Stores) -> Stores:
    """The customer's night began a minute ago. An earlier start knew the customer: or its partition takes 30 s."""
    file, now = fleet / f"{CUSTOMER}.yaml", datetime.now(UTC)
    began, ends = now - timedelta(minutes=1), now + timedelta(hours=3)
    schedule = f'timezone: UTC\nschedule: {{nightly: "{began:%H:%M}", window: ["{began:%H:%M}", "{ends:%H:%M}"]}}\n'
    file.write_text(file.read_text(encoding="utf-8") + schedule, encoding="utf-8")
    workplace = Workplace()
    with opened_instance(workplace, CUSTOMER):
        workplace.close()
    return stores


def wait_for(asked: Callable[[], Answer | None], stack: "subprocess.Popen[bytes]", what: str) -> Answer:
    """The first answer, asked again until the deadline; the stack must live that long."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at and stack.poll() is None:
        answer = asked()
        if answer is not None:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"no {what} (the stack's exit code: {stack.poll()})")


def graphql(url: str, query: str) -> dict[str, Any]:
    answer = httpx.post(f"{url}/graphql", json={"query": query}, timeout=20)
    return answer.raise_for_status().json()["data"]


def test_one_command_runs_a_customers_night_on_postgresql_and_leaves_no_process(
    stores_with_a_night_due: Stores, world: World, tmp_path: Path
) -> None:
    home, output = tmp_path / "home", tmp_path / "stack.log"
    command = [sys.executable, "-m", "sync_pipeline", "stack", "--port", "0", "--code-port", "0"]
    with output.open("wb") as log:
        stack = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:
        url = wait_for(lambda: announced(output), stack, "readiness")
        assert "dagster_version" in httpx.get(f"{url}/server_info", timeout=20).raise_for_status().json()
        (location,) = graphql(url, LOCATIONS)["workspaceOrError"]["locationEntries"]
        assert location == {"name": "sync_pipeline", "locationOrLoadError": {"__typename": "RepositoryLocation"}}

        run = wait_for(lambda: finished_night(url), stack, "night")
        assert run["status"] == "SUCCESS"
        assert {"key": "dagster/partition", "value": CUSTOMER} in run["tags"]
        assert_delivered(world, "virtuous-token", "vomo-token")
        assert stores_with_a_night_due.runs_of_dagster.count(("nightly_sync", "SUCCESS")) == 1
        assert not list(home.rglob("*.db"))  # no SQLite anywhere
        workplace = Workplace()
        row = workplace.state.runs.run(CUSTOMER)
        assert row is not None
        assert (row["status"], row["report"]["successes"], row["layer"]) == ("done", 20, "initial")
        assert workplace.state.region.region() == "us"
        workplace.close()
        assert len(processes_marked("SYNC_HOME", str(home))) >= 4
        assert_no_address_on_a_command_line(home)
    finally:
        stack.send_signal(signal.SIGTERM)
        code = stack.wait(PATIENCE_SECONDS)
    assert (code, processes_marked("SYNC_HOME", str(home))) == (0, [])
    assert output.read_text(encoding="utf-8").endswith("Everything has ended.\n")


def announced(output: Path) -> str | None:
    found = READY.search(output.read_text(encoding="utf-8"))
    return None if found is None else found[1]


def finished_night(url: str) -> dict[str, Any] | None:
    runs = graphql(url, RUNS)["runsOrError"]["results"]
    nights = [run for run in runs if run["jobName"] == "nightly_sync"]
    return next((run for run in nights if run["status"] in {"SUCCESS", "FAILURE", "CANCELED"}), None)


def assert_no_address_on_a_command_line(home: Path) -> None:
    """An address may hold a password, and everybody may list processes."""
    assert not [
        process.pid for process in processes_marked("SYNC_HOME", str(home)) if "://" in " ".join(process.cmdline())
    ]
