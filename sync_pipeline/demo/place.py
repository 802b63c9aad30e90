"""Where the demonstration happens: a port of its own, a home of its own, a fleet that knows no other address."""

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path

import structlog

from sync_pipeline.adapters.configuration import load_customer
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import DAGSTER_HOME, PREFIX

MARKER = ".sync-pipeline-demo"
MARKER_TEXT = "`sync-pipeline demo` empties this folder each time it starts.\n"
LOG = "demo.log"
SHIPPED_ADDRESS = "http://127.0.0.1:8765"


@contextmanager
def sandbox_on_a_free_port(world: World, ports: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Serve `world` on the first free port; yields the base URL and the port's place in `ports`.

    Raises:
        ConfigurationError: none of them is free.
    """
    with ExitStack() as stack:
        for place, port in enumerate(ports):
            try:
                url = stack.enter_context(running_sandbox(world, port=port))
            except ConfigurationError:
                if place == len(ports) - 1:
                    raise
            else:
                yield url, place
                return


def fresh_home(home: Path) -> None:
    """Make `home` an empty folder with our marker; only what carries the marker is ever emptied.

    Raises:
        ConfigurationError: the folder is not ours, or cannot be emptied.
    """
    remedy = f"Move {home} away, or set SYNC_HOME to another folder."
    ours = not home.is_symlink() and (home / MARKER).is_file()
    if not ours and (home.is_symlink() or home.is_file() or (home.is_dir() and any(home.iterdir()))):
        raise ConfigurationError(f"{home} was not made by the demonstration, so it is left alone.", remedy)
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / MARKER).write_text(MARKER_TEXT)
        for entry in home.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARKER:
                entry.unlink()
    except OSError as error:
        raise ConfigurationError(f"{home} cannot be made ready ({error.strerror}).", remedy) from error


def fleet_at(url: str, home: Path) -> Path:
    """The folder of the demo fleet for a sandbox at `url`: the shipped one, or a copy for another address."""
    shipped = shipped_fleet()
    if url == SHIPPED_ADDRESS:
        return shipped
    copied = home / "customers"
    shutil.copytree(shipped, copied)
    for file in copied.glob("*.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace(SHIPPED_ADDRESS, url), encoding="utf-8")
    return copied


def shipped_fleet() -> Path:
    """A wheel carries the repository's customers beside this module; a checkout has them at its root.

    Raises:
        ConfigurationError: there are none.
    """
    here = Path(__file__)
    for folder in (here.parent / "customers", here.parents[2] / "customers"):
        if folder.is_dir():
            return folder
    raise ConfigurationError("The fleet of the demonstration is missing.", "Run it from a checkout of the repository.")


def confirm_nobody_else_is_written_to(fleet: Path, customers: Collection[str], url: str) -> None:
    """A fleet file may have been edited: the demonstration talks to its own sandbox or not at all.

    Raises:
        ConfigurationError: a customer is missing, broken, or has another address.
    """
    for customer_id in customers:
        customer = load_customer(fleet, customer_id)
        addresses = [customer.destination.address, *(source.address for source in customer.sources.values())]
        if not all(str(address).startswith(f"{url}/") or str(address) == url for address in addresses):
            raise ConfigurationError(
                f"{fleet / f'{customer_id}.yaml'} does not point to the sandbox at {url}.",
                "Restore the file as it was shipped; keep real customers in a folder of their own (SYNC_CUSTOMERS).",
            )


@contextmanager
def settings_of(home: Path, fleet: Path) -> Iterator[None]:
    """Give this process the demonstration's settings and no other: a database in the environment is not touched."""
    wanted = {f"{PREFIX}HOME": str(home), f"{PREFIX}CUSTOMERS": str(fleet)}
    ours = [name for name in os.environ if name.upper().startswith(PREFIX) or name == DAGSTER_HOME]
    before = {name: os.environ.pop(name) for name in ours}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in (*wanted, DAGSTER_HOME):
            os.environ.pop(name, None)
        os.environ.update(before)


@contextmanager
def logs_in(file: Path) -> Iterator[None]:
    """Send what goes to standard error to `file`: a line of JSON in the middle of a progress bar helps nobody."""
    configured = structlog.get_config()
    with file.open("a", encoding="utf-8") as stream, redirect_stderr(stream):
        try:
            yield
        finally:
            structlog.configure(**configured)
