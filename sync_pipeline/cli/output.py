"""What a command prints: tables for people, or with --json exactly one JSON document, and the exit code of an error.

Standard output carries the result and nothing else; logs and errors for people go to standard error.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from sync_pipeline.domain.errors import BusyError, ConfigurationError, SyncError

if TYPE_CHECKING:
    from rich.console import Console

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_BUSY = 4
JSON_FLAG = "--json"
# Without a terminal Rich assumes 80 columns and would cut what a script or a log wants whole.
WIDTH_WITHOUT_TERMINAL = 240

JsonFlag = Annotated[bool, typer.Option(JSON_FLAG, help="Print one JSON document instead of tables.")]


def exit_code_of(error: SyncError) -> int:
    match error:
        case ConfigurationError():
            return EXIT_USAGE
        case BusyError():
            return EXIT_BUSY
        case _:
            return EXIT_FAILED


def write_json(document: Mapping[str, Any]) -> None:
    """Print the one document of a command; what JSON does not know (paths, times) becomes text."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")
    sys.stdout.flush()


def write_error(error: SyncError, as_json: bool) -> int:
    """Print an error; answers the exit code."""
    if as_json:
        write_json({"error": {"code": error.code, "message": error.message, "remedy": error.remedy}})
    else:
        write_lines([f"Error: {error.message}", f"  -> {error.remedy}"], sys.stderr)
    return exit_code_of(error)


def write_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on standard output; None shows as an empty cell, lists as words with commas."""
    from rich.table import Table  # noqa: PLC0415 - rich takes 100 ms to import, and --json never needs it
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(title=Text(title), title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*(Text(cell_text(cell)) for cell in row))
    console(sys.stdout).print(table)


def cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return str(value)


def moment_text(moment: datetime | None) -> str | None:
    """A moment as documents have it."""
    return None if moment is None else moment.isoformat()


def write_lines(lines: Iterable[str], stream: TextIO) -> None:
    """Print lines as they are, however long."""
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()


def console(stream: TextIO) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - rich takes 100 ms to import, and --json never needs it

    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)
