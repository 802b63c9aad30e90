"""The command line as a whole: exit codes, one JSON document for every failure, and no traceback."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import typer

from sync_pipeline.cli import main
from sync_pipeline.cli.output import JsonFlag
from sync_pipeline.domain.errors import BusyError, PrerequisiteError, SyncError
from sync_pipeline_tests.cli.conftest import Printed

Command = Callable[..., Printed]
SECRET = "sk-0123456789"


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("customers", "nonsense"),
        ("customers", "show"),
        ("customers", "list", "--nope"),
        ("customers",),
        (),
    ],
)
def test_a_wrong_command_line_exits_with_2_and_one_json_document(command: Command, words: tuple[str, ...]) -> None:
    printed = command(*words, "--json")
    assert printed.code == 2
    assert set(printed.document["error"]) == {"code", "message", "remedy"}


def test_a_wrong_command_line_is_explained_on_standard_error(command: Command) -> None:
    printed = command("customers", "nonsense")
    assert (printed.code, printed.out) == (2, "")
    assert "nonsense" in printed.err


def test_without_a_command_the_help_is_shown(command: Command) -> None:
    printed = command()
    assert printed.code == 2
    assert "customers" in printed.err


def test_help_exits_with_0(command: Command) -> None:
    printed = command("customers", "--help")
    assert printed.code == 0
    assert "validate" in printed.out


@pytest.mark.parametrize(
    ("error", "code", "name"),
    [
        (PrerequisiteError("The token is refused.", "Create another."), 1, "prerequisite"),
        (BusyError("Another process holds it.", "Wait."), 4, "busy"),
        (SyncError("It failed.", "Run again."), 1, "error"),
        (ValueError(f"token {SECRET}"), 1, "unexpected"),
    ],
)
def test_an_error_becomes_its_exit_code_and_one_document(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, name: str
) -> None:
    monkeypatch.setattr(main, "app", failing_app(error))
    printed = command("fail", "--json")
    assert (printed.code, printed.document["error"]["code"]) == (code, name)
    assert SECRET not in printed.out + printed.err
    plain = command("fail")
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.startswith("Error: ")
    assert "Traceback" not in plain.err


def test_an_interruption_is_no_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "app", failing_app(KeyboardInterrupt()))
    assert command("fail").code == 130


def test_the_command_line_starts_without_heavy_libraries() -> None:
    heavy = ("dagster", "polars", "duckdb", "sqlalchemy", "rich")
    script = f"import sys, sync_pipeline.cli.main; print([name for name in {heavy} if name in sys.modules])"
    answered = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answered.stdout.strip() == "[]"


def failing_app(error: BaseException) -> typer.Typer:
    app = typer.Typer()

    @app.callback()
    def root() -> None: ...

    @app.command()
    def fail(*, as_json: JsonFlag = False) -> None:
        del as_json
        raise error

    return app
