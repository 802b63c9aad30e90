"""The command line. One file per noun; a command is added by one line in `app`.

Imports here stay light: `sync-pipeline --help` must not wait for dagster, polars or duckdb.
"""

import os
import sys
from collections.abc import Sequence

import typer

from sync_pipeline.cli import alerts, change_sets, customers, dead_letters, sources
from sync_pipeline.cli.demo import demo
from sync_pipeline.cli.explain import explain
from sync_pipeline.cli.metrics import metrics
from sync_pipeline.cli.output import EXIT_FAILED, EXIT_USAGE, JSON_FLAG, write_error, write_lines
from sync_pipeline.cli.plan import plan
from sync_pipeline.cli.prepare import prepare
from sync_pipeline.cli.prune import prune
from sync_pipeline.cli.report import report
from sync_pipeline.cli.run import run_customer
from sync_pipeline.cli.sandbox import sandbox
from sync_pipeline.cli.stack import stack
from sync_pipeline.cli.status import status
from sync_pipeline.cli.ui import ui
from sync_pipeline.domain.defect import describe
from sync_pipeline.domain.errors import ConfigurationError, SyncError

PROGRAM = "sync-pipeline"
EXIT_INTERRUPTED = 130

app = typer.Typer(
    help="Nightly sync of nonprofit data into Virtuous CRM+.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo)
app.add_typer(customers.app, name="customers")
app.add_typer(sources.app, name="sources")
app.add_typer(change_sets.app, name="change-sets")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(alerts.app, name="alerts")
app.command("plan")(plan)
app.command("run")(run_customer)
app.command("status")(status)
app.command("report")(report)
app.command("explain")(explain)
app.command("prune")(prune)
app.command("sandbox")(sandbox)
app.command("ui")(ui)
app.command("metrics")(metrics)
app.command("prepare")(prepare)
app.command("stack")(stack)


class UnexpectedError(SyncError):
    """A defect of ours: something no command foresaw."""

    code = "unexpected"


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: this process's) and answer its exit code; never raises an Exception."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = JSON_FLAG in words
    try:
        code = typer.main.get_command(app).main(args=words, prog_name=PROGRAM, standalone_mode=False)
    except SyncError as error:
        return write_error(error, as_json)
    except (typer.Abort, KeyboardInterrupt):
        write_lines(["Interrupted."], sys.stderr)
        return EXIT_INTERRUPTED
    except typer.TyperException as error:
        return refuse_usage(error, as_json)
    except BrokenPipeError:
        return reader_left()
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets one line, not a traceback
        return write_error(unexpected(error), as_json)
    return code if isinstance(code, int) else 0


def refuse_usage(error: typer.TyperException, as_json: bool) -> int:
    """A wrong command line. Without a command at all the message is the help."""
    message = error.format_message().strip()
    help_is_the_message = message.startswith("Usage:")
    if help_is_the_message and not as_json:
        write_lines([message], sys.stderr)
        return EXIT_USAGE
    wrong = ConfigurationError(
        "A command is missing." if help_is_the_message else message, f"`{PROGRAM} --help` shows the commands."
    )
    return write_error(wrong, as_json)


def unexpected(error: Exception) -> SyncError:
    return UnexpectedError(describe(error), "This is a defect of sync-pipeline; report it with this line.")


def reader_left() -> int:
    """The reader of a pipe, such as `head`, has what it wanted; Python must not complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_FAILED
