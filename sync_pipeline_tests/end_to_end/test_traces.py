"""Traces arrive at a real collector, and a collector that is not there neither slows nor fails a night."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select

from sync_pipeline.adapters.otlp import ENDING_SECONDS
from sync_pipeline.adapters.sql.tables import slices
from sync_pipeline.cli.main import run as run_command
from sync_pipeline.domain.metrics import CATALOGUE
from sync_pipeline.domain.trace import trace_id_of
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.collector import Collector, collecting, silent_collector
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
BATCH = "POST /api/Contact/Batch"
SERVED = re.compile(r"Metrics at (http://\S+)\.")


@dataclass(frozen=True)
class Printed:
    code: int
    out: str
    err: str


Command = Callable[..., Printed]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run_words(*words: str) -> Printed:
        code = run_command(words)
        captured = capsys.readouterr()
        return Printed(code, captured.out, captured.err)

    return run_words


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as made:
        monkeypatch.setenv(ENDPOINT, made.url)
        yield made


def dagster_runs() -> list[str]:
    workplace = Workplace()
    try:
        with workplace.state.database.read() as connection:
            return list(connection.execute(select(slices.c.dagster_run_id)).scalars())
    finally:
        workplace.close()


@pytest.mark.usefixtures("fleet")
def test_a_night_is_one_trace_of_slice_stages_reads_and_requests(command: Command, collector: Collector) -> None:
    assert command("run", CUSTOMER, "--json").code == 0
    (dagster_run_id,) = dagster_runs()
    assert {span.trace for span in collector.spans} == {trace_id_of(dagster_run_id)}
    (whole,) = collector.named("slice")
    assert whole.parent == ""
    stages = [span for span in collector.spans if span.name.startswith("stage ")]
    assert [span.name for span in stages] == ["stage source_snapshot", "stage change_set", "stage applied_ledger"]
    assert {span.parent for span in stages} == {whole.span}
    (read,) = collector.named("read users")
    assert read.parent == stages[0].span
    assert read.attributes["sync.rows"] == 20
    pages = [span for span in collector.named("request users") if span.parent == read.span]
    assert [span.attributes["sync.page"] for span in pages] == [1, 2]
    (sent,) = collector.named(f"request {BATCH}")
    assert sent.parent == stages[2].span
    assert (sent.attributes["sync.status"], sent.attributes["sync.rows"], sent.attributes["sync.attempt"]) == (
        200,
        20,
        1,
    )
    assert len(sent.attributes["sync.batch"]) > 0
    for span in collector.spans:
        assert span.attributes["sync.customer"] == CUSTOMER
        assert (span.failed, span.events) == (False, 0)
    assert collector.services == {"sync-pipeline"}


@pytest.mark.usefixtures("fleet")
def test_nothing_but_ids_counts_and_names_of_ours_leaves(command: Command, collector: Collector, world: World) -> None:
    command("run", CUSTOMER, "--json")
    world.run_import("virtuous-token")
    sent = b"".join(collector.raw)
    names = set(re.findall(r'"lastName": "(\w+)"', json.dumps(world.contacts("virtuous-token"))))
    assert names
    assert not [name for name in names if name.encode() in sent]
    assert not re.search(rb"-token|[a-z]@[a-z]|http://", sent)  # an @ alone may be a byte of a number


@pytest.mark.usefixtures("fleet")
def test_a_source_that_fails_marks_its_read_without_its_words(
    command: Command, collector: Collector, world: World
) -> None:
    world.add_fault(side="vomo", kind="status_before", status=404, path="/vomo/v1/users", every=2)
    assert command("run", CUSTOMER, "--json").code == 1
    (failed,) = [span for span in collector.spans if span.failed]
    assert (failed.name, failed.attributes["error.type"], failed.events) == ("read users", "source", 0)


@pytest.mark.usefixtures("fleet")
def test_without_an_endpoint_nothing_of_opentelemetry_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)
    program = (
        "import sys; from sync_pipeline.cli.main import run; "
        f"code = run(['run', '{CUSTOMER}', '--json']); "
        "sys.exit(code or any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("kind", ["refuses connections", "never answers"])
def test_a_collector_that_is_not_there_costs_the_end_of_a_slice_a_moment_and_fails_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch, nobody_listens: str, kind: str
) -> None:
    assert command("run", CUSTOMER, "--json").code == 0
    began = time.monotonic()
    assert command("run", CUSTOMER, "--json").code == 0
    usual = time.monotonic() - began
    with silent_collector() as silent:
        monkeypatch.setenv(ENDPOINT, nobody_listens if kind == "refuses connections" else silent)
        began = time.monotonic()
        printed = command("run", CUSTOMER, "--json")
        took = time.monotonic() - began
    assert printed.code == 0
    lost = [json.loads(line) for line in printed.err.splitlines() if '"spans_lost"' in line]
    assert [line["spans"] > 0 for line in lost] == [True]
    assert took < 2 * usual + ENDING_SECONDS + 1
    assert "127.0.0.1" not in printed.err  # OpenTelemetry's own words name the collector


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("words", [("prepare", "--json"), ("run", CUSTOMER, "--json"), ("metrics", "--port", "0")])
def test_without_the_extra_a_person_is_told_how_to_get_it(
    command: Command, monkeypatch: pytest.MonkeyPatch, nobody_listens: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv(ENDPOINT, nobody_listens)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)  # as if it were not installed
    printed = command(*words)
    assert printed.code == 2
    assert "pip install 'sync-pipeline[otel]'" in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err


@pytest.mark.usefixtures("fleet")
def test_an_endpoint_that_is_no_address_is_told_by_its_name_alone(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, "user:hunter2@collector")
    printed = command("prepare", "--json")
    assert printed.code == 2
    assert ENDPOINT in printed.out
    assert "hunter2" not in printed.out + printed.err


@pytest.mark.usefixtures("fleet")
def test_the_metrics_endpoint_pushes_what_it_serves(collector: Collector) -> None:
    words = [sys.executable, "-m", "sync_pipeline", "metrics", "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = SERVED.search(process.stderr.readline())
            assert said is not None
            httpx.get(said[1], timeout=60).raise_for_status()
        finally:
            process.terminate()
            rest = process.stderr.read() if process.stderr else ""
    assert (process.returncode, rest) == (0, "")
    assert set(collector.gauges) <= {metric.name for metric in CATALOGUE}
    (paused,) = collector.gauges["sync_paused"]
    assert paused == {"customer": CUSTOMER, "value": 0.0}
    assert {point["state"] for point in collector.gauges["sync_customers"]} == {"ready", "paused", "broken"}
