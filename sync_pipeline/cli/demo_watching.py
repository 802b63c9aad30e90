"""How a person sees the demonstration: a bar while a night runs, a table after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from sync_pipeline.cli import demo_ending as ending
from sync_pipeline.cli import demo_pages as pages
from sync_pipeline.demo.demonstration import Demonstration, Place
from sync_pipeline.demo.nights import CustomerNight, Night
from sync_pipeline.settings import Settings


class Silence:
    """Watches and says nothing."""

    @contextmanager
    def preparing(self) -> Iterator[None]:
        yield

    def begins(self, place: Place) -> None: ...

    def night_begins(self, number: int, title: str, customers: Sequence[str]) -> None: ...

    def customer_begins(self, customer_id: str, records: int) -> None: ...

    def customer_ended(self, night: CustomerNight) -> None: ...

    def night_ended(self, night: Night) -> None: ...

    def stops_watching(self) -> None: ...

    def ends(self, shown: Demonstration, seconds: float) -> None: ...


class Onlooker(Silence):
    """Shows everything on `console`; bars on a terminal, plain lines elsewhere.

    `settings` are those of the person's own shell: what the advice at the end starts from.
    """

    def __init__(self, console: Console, settings: Settings) -> None:
        self._console = console
        self._settings = settings
        self._progress: Progress | None = None
        self._task = TaskID(0)

    @contextmanager
    def preparing(self) -> Iterator[None]:
        pages.introduction(self._console)
        if self._console.is_terminal:
            with self._console.status("Starting Dagster …"):
                yield
        else:
            yield

    def begins(self, place: Place) -> None:
        pages.place(self._console, place)

    def night_begins(self, number: int, title: str, customers: Sequence[str]) -> None:
        pages.night_title(self._console, number, title)
        if self._console.is_terminal:
            self._progress = progress_bar(self._console)
            self._task = self._progress.add_task("", total=len(customers))
            self._progress.start()

    def customer_begins(self, customer_id: str, records: int) -> None:
        if self._progress is not None:
            self._progress.update(self._task, description=f"{customer_id}, {records:,} records")

    def customer_ended(self, night: CustomerNight) -> None:
        if self._progress is not None:
            self._progress.advance(self._task)
        else:
            pages.plain_line(self._console, night)

    def night_ended(self, night: Night) -> None:
        self.stops_watching()
        pages.night(self._console, night)

    def stops_watching(self) -> None:
        """Also after an error or a Ctrl-C: a bar that is not stopped leaves the terminal without a cursor."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def ends(self, shown: Demonstration, seconds: float) -> None:
        ending.comparison(self._console, shown)
        ending.verdict(self._console, shown, seconds)
        ending.advice(self._console, shown, self._settings)


def progress_bar(console: Console) -> Progress:
    """Vanishes when it stops: the table takes its place. Standard error belongs to the log file meanwhile."""
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
