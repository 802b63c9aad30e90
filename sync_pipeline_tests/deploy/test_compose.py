"""The compose file, as far as it can be judged without Docker: every name in it means something."""

import inspect
import re
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from dagster._cli import create_dagster_cli
from dagster._cli.api import grpc_command
from dagster._daemon import cli as daemon_cli
from dagster_webserver.cli import create_dagster_webserver_cli

from sync_pipeline.cli.main import app
from sync_pipeline.orchestration import code_server
from sync_pipeline.settings import Settings, load_settings, variable_name
from sync_pipeline_tests.deploy.files import DEPLOY, ROOT, interpolated, read_yaml, services

OURS = ("prepare", "code", "webserver", "daemon", "metrics")
PROGRAMS: dict[str, Any] = {
    "dagster": create_dagster_cli(),
    "dagster-daemon": daemon_cli.create_dagster_daemon_cli(),
    "dagster-webserver": create_dagster_webserver_cli(),
    "sync-pipeline": typer.main.get_command(app),
    code_server.__name__: grpc_command,
}
KNOWN = {variable_name(field.alias or name) for name, field in Settings.model_fields.items()}
MADE_BY_THE_OPERATOR = DEPLOY / "secrets"


@pytest.fixture
def compose() -> dict[str, Any]:
    return interpolated(read_yaml(DEPLOY / "compose.yaml"), {"SYNC_REGION": "us"})


def test_one_daemon_one_webserver_one_code_server_and_the_databases(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, "postgres", "pgbouncer"}
    daemons = [
        name for name, service in compose["services"].items() if service.get("command", [""])[0] == "dagster-daemon"
    ]
    assert daemons == ["daemon"]
    assert compose["services"]["daemon"]["scale"] == 1


def test_what_is_ours_has_one_image_and_ends_with_everything_in_it(compose: dict[str, Any]) -> None:
    ours = [compose["services"][name] for name in OURS]
    assert {service["image"] for service in ours} == {"sync-pipeline:latest"}
    assert {service["init"] for service in ours} == {True}
    assert {service["environment"]["TINI_KILL_PROCESS_GROUP"] for service in ours} == {"1"}
    assert {service["image"] for service in services(SYNC_IMAGE="registry/sync:2").values()} >= {"registry/sync:2"}


def test_everything_has_a_limit_of_memory_and_starts_again(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["restart"] == ("no" if name == "prepare" else "unless-stopped"), name


def test_the_code_server_has_room_for_the_runs_that_the_queue_allows(compose: dict[str, Any]) -> None:
    runs = read_yaml(DEPLOY / "dagster.yaml")["run_queue"]["max_concurrent_runs"]
    limit = int(compose["services"]["code"]["mem_limit"].removesuffix("g")) * 1024
    assert 200 + 162 * runs < 0.75 * limit


@pytest.mark.parametrize("name", [*OURS, "healthcheck of code", "healthcheck of daemon"])
def test_every_command_is_one_that_its_program_understands(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name.rsplit(maxsplit=1)[-1]]
    words = service["healthcheck"]["test"][1:] if " " in name else service["command"]
    mounted: dict[str, Path] = {}
    for volume in service["volumes"]:
        source, target = volume.split(":")[:2]
        mounted[target] = DEPLOY / source
    if words[:2] == ["python", "-m"]:
        words = words[2:]
    command, arguments = PROGRAMS[words[0]], [str(mounted.get(word, word)) for word in words[1:]]
    while hasattr(command, "get_command"):
        command = command.get_command(click.Context(command), arguments.pop(0))
        assert command is not None, words
    command.make_context(words[0], arguments).close()


def test_health_is_asked_where_it_is_told(compose: dict[str, Any]) -> None:
    checks = {
        name: " ".join(service["healthcheck"]["test"])
        for name, service in compose["services"].items()
        if "healthcheck" in service
    }
    assert set(checks) == {*compose["services"]} - {"prepare"}
    assert "grpc-health-check -p 4000" in checks["code"]
    assert "http://127.0.0.1:3000/server_info" in checks["webserver"]
    assert "liveness-check" in checks["daemon"]
    port = read_yaml(DEPLOY / "workspace.yaml")["load_from"][0]["grpc_server"]
    assert (port["host"], str(port["port"])) == ("code", "4000")


def test_nothing_starts_on_stores_that_are_not_prepared(compose: dict[str, Any]) -> None:
    after = {name: service.get("depends_on", {}) for name, service in compose["services"].items()}
    assert after["prepare"] == {"pgbouncer": {"condition": "service_healthy"}}
    assert after["code"] == {"prepare": {"condition": "service_completed_successfully"}}
    assert after["metrics"] == after["code"]
    assert after["daemon"] == after["webserver"] == {"code": {"condition": "service_healthy"}}


def test_every_variable_of_ours_is_one_that_the_settings_know(compose: dict[str, Any]) -> None:
    for name in OURS:
        environment = compose["services"][name]["environment"]
        ours = {variable for variable in environment if variable.startswith("SYNC_")}
        assert ours <= KNOWN, name
        assert {"DAGSTER_HOME", "DAGSTER_PG_URL"} <= environment.keys() & KNOWN, name
        assert bool(ours) is (name in {"prepare", "code", "metrics"}), name
    settings = load_settings(compose["services"]["code"]["environment"])
    assert (settings.region, settings.dagster_home) == ("us", Path("/etc/sync/dagster"))
    assert "DAGSTER_DAEMON_HEARTBEAT_TOLERANCE" in inspect.getsource(daemon_cli)


def test_a_deployment_without_a_region_does_not_start() -> None:
    with pytest.raises(KeyError, match="SYNC_REGION"):
        services(SYNC_REGION="")


def test_no_password_is_in_it(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or variable == "POSTGRES_PASSWORD_FILE", name
            assert not re.search(r"://[^/@]*:[^/@]*@", value), name
        if "POSTGRES_PASSWORD_FILE" in service.get("environment", {}):
            assert service["secrets"] == ["postgres_password"], name
    assert compose["secrets"] == {"postgres_password": {"file": "./secrets/postgres_password"}}
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_everything_that_is_mounted_exists(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                path = (DEPLOY / source).resolve()
                assert path.exists() or path.is_relative_to(MADE_BY_THE_OPERATOR), (name, source)
            else:
                assert source in compose["volumes"], (name, source)
        if "build" in service:
            assert (DEPLOY / service["build"] / "Dockerfile").is_file()


def test_programs_reach_what_they_need_and_databases_nobody_outside(compose: dict[str, Any]) -> None:
    networks = {name: set(service["networks"]) for name, service in compose["services"].items()}
    assert networks["postgres"] == networks["pgbouncer"] == {"stores"}
    assert networks["daemon"] == {"stores", "programs"}
    assert networks["code"] == {"stores", "programs", "outside"}  # it runs the syncs
    assert compose["networks"]["stores"]["internal"] is True
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"webserver": ["127.0.0.1:3000:3000"], "metrics": ["127.0.0.1:9464:9464"]}


def test_metrics_are_served_only_where_somebody_asks_for_them(compose: dict[str, Any]) -> None:
    assert {name for name, service in compose["services"].items() if "profiles" in service} == {"metrics"}
    metrics = compose["services"]["metrics"]
    assert metrics["profiles"] == ["metrics"]
    assert f":{metrics['command'][-1]}/metrics" in " ".join(metrics["healthcheck"]["test"])
    assert [volume.split(":")[1:] for volume in metrics["volumes"]] == [["/etc/sync/customers", "ro"]]  # no token


def test_the_image_has_what_it_copies_and_what_is_called() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"}
    locks = ("requirements.lock", "requirements-kubernetes.lock")
    copied = re.findall(r"^COPY (?:--chmod=\d+ )?((?!--from)\S.*) \S+$", dockerfile, re.MULTILINE)
    for source in " ".join(copied).replace("${LOCK}", " ".join(locks)).split():
        assert (ROOT / source).exists(), source
        assert source in let_through, source
    assert "/etc/sync/dagster" in dockerfile
    assert "with-password" in dockerfile
