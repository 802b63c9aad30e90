"""`sync-pipeline stack`: webserver, daemon and code server on this machine, without containers."""

import os
import sys
from typing import Annotated

import typer

from sync_pipeline.adapters.programs import free_port, is_free
from sync_pipeline.cli.output import write_lines
from sync_pipeline.cli.ui import UI_PORT, run_until_stopped
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.settings import load_settings

CODE_PORT = 4000
LOOPBACK = "127.0.0.1"


def stack(
    *,
    host: Annotated[str, typer.Option(help="Address the webserver listens on; it has no passwords.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the webserver; 0 takes a free one.")] = UI_PORT,
    code_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the code server on loopback; 0 takes a free one.")
    ] = CODE_PORT,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Also serve `metrics` on this port of the same address.")
    ] = None,
) -> None:
    """Run the webserver, the daemon and the code server until SIGTERM or SIGINT, then end all of them."""
    from sync_pipeline.adapters.supervision import Supervisor  # noqa: PLC0415 - not for --help
    from sync_pipeline.orchestration.stack import metrics_program, only_stack_in, programs  # noqa: PLC0415 - as above

    settings = load_settings()
    port, code_port = usable_port(host, port, "--port"), usable_port(LOOPBACK, code_port, "--code-port")
    if metrics_port is not None:
        metrics_port = usable_port(host, metrics_port, "--metrics-port")
    # In a process of its own: what opening the stores needs would stay in this one's memory, which only waits.
    code = run_until_stopped([sys.executable, "-m", "sync_pipeline", "prepare"], os.environ)
    if code != 0:
        raise typer.Exit(code if code > 0 else 128 - code)
    home = settings.dagster_home
    environment = {
        **os.environ,
        "SYNC_HOME": str(settings.home),
        "SYNC_CUSTOMERS": str(settings.customers),
        "DAGSTER_HOME": str(home),
    }
    with only_stack_in(home):
        log_format = "colored" if sys.stderr.isatty() else "json"
        wanted = programs(home, host, port, code_port, log_format)
        if metrics_port is not None:
            wanted.append(metrics_program(host, metrics_port))
        supervisor = Supervisor(wanted, environment, say)
        supervisor.run(lambda: say(f"Ready: http://{host}:{port}"))
    say("Everything has ended.")


def usable_port(host: str, port: int, option: str) -> int:
    if port == 0:
        return free_port(host)
    if not is_free(host, port):
        raise ConfigurationError(f"Port {port} on {host} cannot be used.", f"Choose another with {option}.")
    return port


def say(line: str) -> None:
    write_lines([line], sys.stderr)
