"""The metrics of a fleet that was really synced: served, printed, and asked for by dashboard and rules."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
from prometheus_client import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from sync_pipeline.cli.main import run as run_command
from sync_pipeline.cli.metrics_documents import metrics_text
from sync_pipeline.domain.metrics import CATALOGUE
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.deploy.files import DEPLOY, ROOT, read_yaml
from sync_pipeline_tests.sandbox_fleet import CUSTOMER, write_customer

LABELS = {"customer", "layer", "state", "platform"}
PATIENCE_SECONDS = 60
LAKESIDE = "lakeside"
SERVED = re.compile(r"Metrics at (http://\S+)\.")
VARIABLES = {"$customer": ".*", "$layer": ".*"}
LABEL_VALUES = re.compile(r"label_values\((\w+), (\w+)\)")

Series = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Exported:
    """What a synced fleet exports, and what Virtuous knows of its people."""

    text: str
    people: str


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """One customer had two good nights, another's night failed, a third is paused, the file of a fourth is broken."""
    home, made = tmp_path_factory.mktemp("metrics"), World()
    made.add_organization("virtuous-token", name="Maple Street Library")
    made.add_vomo_organization("vomo-token", users=20, seed=3)
    folder = home / "customers"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as environment, running_sandbox(made) as url:
        environment.setenv("SYNC_HOME", str(home / "home"))
        environment.setenv("DAGSTER_HOME", str(home / "home/dagster"))
        environment.setenv("SYNC_CUSTOMERS", str(folder))
        environment.setenv("VIRTUOUS_TOKEN", "virtuous-token")
        environment.setenv("VOMO_TOKEN", "vomo-token")
        for name in (CUSTOMER, LAKESIDE, "seaside"):
            write_customer(folder, name, url)
        lakeside = folder / f"{LAKESIDE}.yaml"
        lakeside.write_text(lakeside.read_text(encoding="utf-8").replace("env:VOMO_TOKEN", "env:NOBODYS_TOKEN"))
        run_command(["run", CUSTOMER, "--json"])
        made.change_vomo("vomo-token", share=0.2)
        run_command(["run", CUSTOMER, "--json"])
        run_command(["run", LAKESIDE, "--json"])
        run_command(["customers", "pause", "seaside", "--reason", "a holiday"])
        (folder / "broken.yaml").write_text("id: broken\n", encoding="utf-8")
        made.run_import("virtuous-token")
        yield Exported(metrics_text(), json.dumps(made.contacts("virtuous-token")))


def families(text: str) -> dict[str, Family]:
    """Read as Prometheus reads it."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text: str, name: str, **labels: str) -> float:
    (found,) = [sample.value for sample in families(text)[name].samples if sample.labels.items() >= labels.items()]
    return found


def test_a_synced_fleet_tells_everything_that_the_catalogue_promises(exported: Exported) -> None:
    text = exported.text
    told = families(text)
    assert set(told) == {metric.name for metric in CATALOGUE}
    for metric in CATALOGUE:
        assert told[metric.name].documentation == metric.help
        assert {label for sample in told[metric.name].samples for label in sample.labels} <= LABELS
        assert told[metric.name].samples, metric.name
    assert value(text, "sync_runs_7d", customer=CUSTOMER, layer="nightly", state="done") == 1
    assert value(text, "sync_runs_7d", customer=CUSTOMER, layer="initial", state="done") == 1
    assert value(text, "sync_runs_24h", customer=LAKESIDE, state="failed") == 1
    assert value(text, "sync_last_run_changes", customer=CUSTOMER, layer="nightly") == 4
    assert value(text, "sync_last_run_records", customer=CUSTOMER, layer="nightly") == 20
    assert value(text, "sync_customers", state="broken") == 1
    assert value(text, "sync_customers", state="ready") == 2
    assert value(text, "sync_paused", customer="seaside") == 1
    assert value(text, "sync_checkpoint_age_seconds", customer=CUSTOMER) < 600
    assert value(text, "sync_streams_without_checkpoint", customer=LAKESIDE) == 1
    assert value(text, "sync_quota_limit_requests", customer=CUSTOMER) == 1_500
    assert value(text, "sync_quota_used_requests", customer=CUSTOMER) > 0
    assert {sample.value for sample in told["sync_platform_down"].samples} == {0}


def test_no_value_of_a_record_and_no_reason_is_told(exported: Exported) -> None:
    assert "holiday" not in exported.text
    assert not re.search(r"@|token", exported.text)
    names = set(re.findall(r'"lastName": "(\w+)"', exported.people))
    assert names
    assert not [name for name in names if name in exported.text]


@pytest.mark.usefixtures("fleet")
def test_the_endpoint_serves_what_once_prints_and_ends_when_it_is_told() -> None:
    words = [sys.executable, "-m", "sync_pipeline", "metrics"]
    printed = subprocess.run([*words, "--once"], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS)
    with subprocess.Popen([*words, "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = SERVED.search(process.stderr.readline())
            assert said is not None
            answer = httpx.get(said[1], timeout=PATIENCE_SECONDS)
            assert httpx.get(said[1].replace("/metrics", "/else"), timeout=PATIENCE_SECONDS).status_code == 404
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read() if process.stderr else ""
    assert (process.returncode, rest) == (0, "")
    assert answer.headers["content-type"].startswith("text/plain")
    assert families(answer.text).keys() == families(printed.stdout).keys()
    assert (printed.stderr, "Traceback" in answer.text) == ("", False)


@pytest.mark.usefixtures("fleet")
def test_while_the_state_store_is_away_nothing_old_is_told(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "sync_pipeline", "metrics", "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = SERVED.search(process.stderr.readline())
            assert said is not None
            for path in (tmp_path / "customers").iterdir():
                path.unlink()
            (tmp_path / "customers").rmdir()
            url, statuses = said[1], set[int]()
            for _ in range(PATIENCE_SECONDS):
                statuses.add(httpx.get(url, timeout=PATIENCE_SECONDS).status_code)
                if 503 in statuses:
                    break
                signal.sigtimedwait([], 0.2)  # for as long as the values of before are kept
        finally:
            process.terminate()
            rest = process.stderr.read() if process.stderr else ""
    assert 503 in statuses
    assert json.loads(rest.splitlines()[0])["event"] == "collection_failed"
    assert (process.returncode, str(tmp_path) in rest) == (0, False)


def series_of(text: str) -> Series:
    return {
        family.name: [dict(sample.labels) for sample in family.samples]
        for family in text_string_to_metric_families(text)
    }


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def dashboard() -> dict[str, Any]:
    return json.loads((DEPLOY / "grafana/sync-pipeline.json").read_text(encoding="utf-8"))


def queries() -> dict[str, str]:
    """Every query of dashboard and rules, by where it is."""
    found = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in panels(dashboard())
        for target in panel.get("targets", ())
    }
    for group in read_yaml(DEPLOY / "prometheus/rules.yml")["groups"]:
        found |= {rule["alert"]: rule["expr"] for rule in group["rules"]}
    for variable, replacement in VARIABLES.items():
        found = {place: query.replace(variable, replacement) for place, query in found.items()}
    return found


def matched(selector: promql_parser.VectorSelector, series: Series) -> list[dict[str, str]]:
    """The exported series that a selector selects."""
    assert selector.name is not None
    return [
        labels
        for labels in series.get(selector.name, [])
        if all(matches(matcher, labels) for matcher in selector.matchers.matchers)
    ]


def matches(matcher: promql_parser.Matcher, labels: dict[str, str]) -> bool:
    assert matcher.name in labels, f"the metric has no label {matcher.name}"
    told, wanted = labels[matcher.name], matcher.value
    match str(matcher.op).rpartition(".")[2]:
        case "Equal":
            return told == wanted
        case "NotEqual":
            return told != wanted
        case "Re":
            return re.fullmatch(wanted, told) is not None
        case other:
            raise AssertionError(f"the test does not know the matcher {other}")


def test_every_query_of_dashboard_and_rules_finds_series_that_are_exported(exported: Exported) -> None:
    series = series_of(exported.text)
    asked = queries()
    assert len(asked) > 40
    for place, query in asked.items():
        selectors: list[promql_parser.VectorSelector] = []
        grouped: set[str] = set()

        def look(node: promql_parser.Expr, selectors: Any = selectors, grouped: Any = grouped) -> None:
            if isinstance(node, promql_parser.VectorSelector):
                selectors.append(node)
            elif isinstance(node, promql_parser.MatrixSelector):
                selectors.append(node.vector_selector)
            elif isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
                grouped.update(node.modifier.labels)

        promql_parser.walk(promql_parser.parse(query), look)
        assert selectors, place
        for selector in selectors:
            assert matched(selector, series), f"{place}: nothing matches {selector}"
        known = {label for selector in selectors for labels in series[selector.name or ""] for label in labels}
        assert grouped <= known, place


def test_the_variables_of_the_dashboard_are_labels_that_are_exported(exported: Exported) -> None:
    series = series_of(exported.text)
    variables = {one["name"]: one for one in dashboard()["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    for name in ("customer", "layer"):
        found = LABEL_VALUES.fullmatch(variables[name]["query"]["query"])
        assert found is not None
        assert all(found[2] in labels for labels in series[found[1]])
    for panel in panels(dashboard()):
        assert panel.get("datasource", {"uid": "${datasource}"})["uid"] == "${datasource}", panel["title"]
    assert len({panel["id"] for panel in panels(dashboard())}) == len(list(panels(dashboard())))


def test_the_labels_in_the_words_of_the_rules_are_those_of_their_series() -> None:
    labels = {metric.name: set(metric.labels) for metric in CATALOGUE}
    for group in read_yaml(DEPLOY / "prometheus/rules.yml")["groups"]:
        for rule in group["rules"]:
            said = json.dumps(rule["annotations"])
            named = set(re.findall(r"\$labels\.(\w+)", said))
            of_query = set[str]().union(*(labels[name] for name in re.findall(r"sync_\w+", rule["expr"])))
            assert named <= of_query, rule["alert"]
            assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_guide_has_every_metric_and_no_other() -> None:
    _, _, section = (ROOT / "docs/operations.md").read_text(encoding="utf-8").partition("\n## Metrics\n")
    table, _, _ = section.partition("\n## ")
    documented = set(re.findall(r"`(sync_\w+)`", "\n".join(re.findall(r"^\| (`.+?) \|", table, re.MULTILINE))))
    assert documented == {metric.name for metric in CATALOGUE}


def test_a_port_that_is_taken_is_told_with_the_option(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del fleet
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = run_command(["metrics", "--port", str(taken.getsockname()[1])])
    assert code == 2
    assert "--port" in capsys.readouterr().err
