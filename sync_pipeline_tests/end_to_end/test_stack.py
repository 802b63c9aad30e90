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
import psutil
import pytest
from sqlalchemy import text

from sync_pipeline.adapters.sql.database import create_engine_for
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.adapters.test_supervision import processes_marked
from sync_pipeline_tests.end_to_end.deployment import USERS
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

pytestmark = pytest.mark.fleet  # seven processes, each of which imports Dagster, and two schemas to make

COMMAND = (sys.executable, "-m", "sync_pipeline_tests.stack", "--port", "0", "--code-port", "0")
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.2
ROOT = Path(__file__).parents[2]
SAID = re.compile(r"^(SYNC_HOME|DAGSTER_HOME|SYNC_DATABASE_URL|DAGSTER_PG_URL)=(.+)$", re.MULTILINE)
PARKED = re.compile(r'"status": "parked".*"event": "slice_finished"')
READY = re.compile(r"^Ready: (http://\S+)$", re.MULTILINE)
LOCATIONS = "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } } }"
RUNS = "{ runsOrError { ... on Runs { results { jobName status tags { key value } } } } }"
REGISTER = """
mutation { addDynamicPartition(
    partitionsDefName: "customers", partitionKey: "%s",
    repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "sync_pipeline"}
) { __typename } }
"""
LAUNCH = """
mutation { launchRun(executionParams: {
    selector: {repositoryName: "__repository__", repositoryLocationName: "sync_pipeline", jobName: "nightly_sync"},
    runConfigData: {}, executionMetadata: {tags: [{key: "dagster/partition", value: "%s"}]}
}) { __typename } }
"""
Answer = TypeVar("Answer")


@dataclass
class Stack:
    """The command, at work."""

    process: "subprocess.Popen[bytes]"
    output: Path
    url: str = ""

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @property
    def surroundings(self) -> dict[str, str]:
        """The variables whose values it told; with them any command works on its stores."""
        return dict(SAID.findall(self.said))

    def wait_for(self, asked: Callable[[], Answer | None], what: str) -> Answer:
        """The first answer there is, before the deadline and the end of the stack."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends_at and self.process.poll() is None:
            answer = asked()
            if answer is not None:
                return answer
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"no {what}; exit code {self.process.poll()}: {self.said[-2000:]}")

    def announced(self) -> str | None:
        found = READY.search(self.said)
        return None if found is None else found[1]

    def ask(self, query: str) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/graphql", json={"query": query}, timeout=20)
        return answer.raise_for_status().json()["data"]

    def finished_night(self) -> dict[str, Any] | None:
        runs = self.ask(RUNS)["runsOrError"]["results"]
        ended = {"SUCCESS", "FAILURE", "CANCELED"}
        return next((run for run in runs if run["jobName"] == "nightly_sync" and run["status"] in ended), None)


@pytest.fixture
def stack(fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Started, with a customer whose night began a minute ago."""
    file, now = fleet / f"{CUSTOMER}.yaml", datetime.now(UTC)
    began, ends = now - timedelta(minutes=1), now + timedelta(hours=3)
    schedule = f'timezone: UTC\nschedule: {{nightly: "{began:%H:%M}", window: ["{began:%H:%M}", "{ends:%H:%M}"]}}\n'
    file.write_text(file.read_text(encoding="utf-8") + schedule, encoding="utf-8")
    monkeypatch.setenv("SYNC_REGION", "us")
    output = tmp_path / "stack.log"
    with output.open("wb") as log, subprocess.Popen(COMMAND, stdout=log, stderr=log, cwd=ROOT) as process:
        started = Stack(process, output)
        try:
            started.url = started.wait_for(started.announced, "readiness")
            yield started
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def test_one_command_runs_a_night_on_postgresql_and_leaves_no_process(
    stack: Stack, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "dagster_version" in httpx.get(f"{stack.url}/server_info", timeout=20).raise_for_status().json()
    (location,) = stack.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    assert location == {"name": "sync_pipeline", "locationOrLoadError": {"__typename": "RepositoryLocation"}}
    # The registry would do so within half a minute, and the night begin half a minute after that.
    assert stack.ask(REGISTER % CUSTOMER)["addDynamicPartition"]["__typename"] == "AddDynamicPartitionSuccess"

    night = stack.wait_for(stack.finished_night, "night")
    assert night["status"] == "SUCCESS"
    assert {"key": "dagster/partition", "value": CUSTOMER} in night["tags"]
    assert_delivered(world, "virtuous-token", "vomo-token")

    surroundings = stack.surroundings
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    assert_both_stores_are_on_postgresql(surroundings)
    assert_no_address_on_a_command_line(surroundings["SYNC_HOME"])
    wait_for_a_run_that_waits_for_its_source(stack, world)
    assert len(forked_runs(surroundings["SYNC_HOME"])) == 1
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(PATIENCE_SECONDS) == 0
    assert "Everything has ended." in stack.said
    assert PARKED.search(stack.said)
    assert left_of(surroundings) == []


def wait_for_a_run_that_waits_for_its_source(stack: Stack, world: World) -> None:
    world.add_fault(side="vomo", path="/vomo/v1/users", kind="rate_limited", retry_after=50)
    asked = world.books("vomo-token")["requests"][USERS]
    assert stack.ask(LAUNCH % CUSTOMER)["launchRun"]["__typename"] == "LaunchRunSuccess"
    stack.wait_for(lambda: True if world.books("vomo-token")["requests"][USERS] > asked else None, "second run")


def assert_both_stores_are_on_postgresql(surroundings: dict[str, str]) -> None:
    workplace = Workplace()
    row = workplace.state.runs.run(CUSTOMER)
    assert row is not None
    assert (row["status"], row["report"]["successes"], row["layer"]) == ("done", 20, "initial")
    assert workplace.state.region.region() == "us"
    workplace.close()
    engine = create_engine_for(surroundings["DAGSTER_PG_URL"])
    with engine.connect() as connection:
        runs = connection.execute(text("SELECT pipeline_name, status FROM runs")).all()
    engine.dispose()
    assert [tuple(run) for run in runs].count(("nightly_sync", "SUCCESS")) == 1
    assert not list(Path(surroundings["SYNC_HOME"]).rglob("*.db"))  # no SQLite anywhere


def assert_no_address_on_a_command_line(home: str) -> None:
    """An address may hold a password, and everybody may list processes."""
    found = processes_marked("SYNC_HOME", home)
    assert len(found) >= 4  # the supervisor, the code server, the webserver and the daemon
    assert "://" not in " ".join(word for process in found for word in process.cmdline())


def forked_runs(home: str) -> list[psutil.Process]:
    """What the fork server of the code server has started."""
    forkers = [process for process in processes_marked("SYNC_HOME", home) if "forkserver" in "".join(process.cmdline())]
    return [process for process in forkers if process.ppid() in {forker.pid for forker in forkers}]


def left_of(surroundings: dict[str, str]) -> list[list[str]]:
    """The command lines of what still runs for this stack, PostgreSQL included."""
    server = httpx.URL(surroundings["SYNC_DATABASE_URL"].replace("postgresql+psycopg2", "http")).params["host"]
    places = (server, surroundings["SYNC_HOME"])
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    lines = [line for line in lines if any(place in word for word in line for place in places)]
    return [*lines, *(process.cmdline() for process in processes_marked("SYNC_HOME", surroundings["SYNC_HOME"]))]
