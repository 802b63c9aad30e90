"""Dagster's home: created on first use, with the packaged instance configuration."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from sync_pipeline.domain.errors import ConfigurationError

INSTANCE_FILE = "dagster.yaml"
POSTGRESQL_FILE = "dagster.postgresql.yaml"
LOCK_FILE = ".opening"


def prepare_dagster_home(folder: Path, *, on_postgresql: bool = False) -> Path:
    """Make the folder ready for Dagster and point this process's Dagster at it.

    An existing file is kept, unless it is the one of ours for the other kind of storage as we put it there.
    """
    target = folder / INSTANCE_FILE
    wanted, other = (packaged_instance_file(kind) for kind in (on_postgresql, not on_postgresql))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            if not target.exists() or target.read_bytes() == other.read_bytes():
                target.write_bytes(wanted.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"DAGSTER_HOME {folder} cannot be used as a folder: {error.strerror}.",
            "Set DAGSTER_HOME (or SYNC_HOME) to a folder that this user may write.",
        ) from None
    os.environ["DAGSTER_HOME"] = str(folder)  # Dagster's own processes read it from there
    return folder


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Keep other processes of ours on this machine out for the length of the block.

    Two that open a new home at once both create its databases, and one of them fails (measured, dagster 1.13.27).
    """
    with (folder / LOCK_FILE).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def packaged_instance_file(on_postgresql: bool = False) -> Traversable:
    """The wheel carries the repository's instance files inside the package; a checkout has them where they belong."""
    name, place = (POSTGRESQL_FILE, "deploy/dagster.yaml") if on_postgresql else (INSTANCE_FILE, INSTANCE_FILE)
    inside = files("sync_pipeline.orchestration") / name
    return inside if inside.is_file() else Path(__file__).parents[2] / place
