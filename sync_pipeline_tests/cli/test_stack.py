"""`stack` refuses what cannot work before it starts anything; end_to_end/test_stack.py has a whole one."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.orchestration.stack import metrics_program, only_stack_in, programs
from sync_pipeline_tests.cli.conftest import Printed

Command = Callable[..., Printed]


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("option", "other"), [("--port", "--code-port"), ("--code-port", "--port"), ("--metrics-port", "--code-port")]
)
def test_a_port_that_is_taken_is_named_with_its_option(command: Command, option: str, other: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        free = () if "--port" in (option, other) else ("--port", "0")
        printed = command("stack", option, port, other, "0", *free)
    assert (printed.code, printed.out) == (2, "")
    assert f"Port {port} on 127.0.0.1 cannot be used." in printed.err
    assert option in printed.err


def test_metrics_are_one_more_program_when_asked_for(tmp_path: Path) -> None:
    usual = [program.name for program in programs(tmp_path, "127.0.0.1", 3000, 4000)]
    assert usual == ["code server", "webserver", "daemon"]
    metrics = metrics_program("127.0.0.1", 9464)
    assert (metrics.address, list(metrics.command[2:4])) == (("127.0.0.1", 9464), ["sync_pipeline", "metrics"])


@pytest.mark.usefixtures("fleet")
def test_what_prepare_refuses_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_DATABASE_URL", "postgresql://sync:hunter2@127.0.0.1:1/sync")
    words = [sys.executable, "-m", "sync_pipeline", "stack", "--port", "0", "--code-port", "0"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "The state store at postgresql+psycopg2://sync:***@127.0.0.1:1/sync cannot be opened" in ended.stderr
    assert "Ready" not in ended.stderr


def test_a_home_has_one_stack_because_dagster_has_one_daemon(tmp_path: Path) -> None:
    with only_stack_in(tmp_path):
        with pytest.raises(ConfigurationError, match="running") as caught, only_stack_in(tmp_path):
            pass
        assert "DAGSTER_HOME" in caught.value.remedy
    with only_stack_in(tmp_path):
        pass
