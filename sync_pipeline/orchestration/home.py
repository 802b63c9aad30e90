"""Dagster's home: created on first use, with the packaged instance configuration."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from sync_pipeline.domain.errors import ConfigurationError

INSTANCE_FILE = "dagster.yaml"
LOCK_FILE = ".opening"


def prepare_dagster_home(folder: Path) -> Path:
    """Make the folder ready for Dagster and point this process's Dagster at it; an existing file is kept."""
    target = folder / INSTANCE_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone_in(folder):
            if not target.exists():
                with as_file(packaged_instance_file()) as source:
                    shutil.copyfile(source, target)
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


def packaged_instance_file() -> Traversable:
    """The wheel carries the repository's dagster.yaml inside the package; a checkout has it at its root."""
    inside = files("sync_pipeline.orchestration") / INSTANCE_FILE
    return inside if inside.is_file() else Path(__file__).parents[2] / INSTANCE_FILE
