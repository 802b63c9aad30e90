"""Folders for what has to be written on the way to an answer; gone with it, unless the process is killed."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

PREFIX = "sync-plan-"


@contextmanager
def scratch_folder() -> Generator[Path]:
    """A folder of this process, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        yield Path(folder)


def left_scratch_folders(before: datetime) -> list[Path]:
    """Those that nobody has used since that moment, although a plan takes minutes: copies of people's records."""
    folders = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    return [folder for folder in folders if folder.is_dir() and folder.stat().st_mtime < before.timestamp()]


def remove_scratch_folders(folders: list[Path]) -> None:
    """Remove these; what another user made stays."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
