"""Files that are either whole and on disk, or not there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def published(path: Path) -> Iterator[Path]:
    """Hand out a temporary name beside `path`; what is written there takes the place of `path` at once and for good."""
    make_folder(path.parent)
    temporary = temporary_name(path)
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        sync_to_disk(temporary)
        temporary.replace(path)
        sync_to_disk(path.parent)
    finally:
        # Also after success: renaming between two hard links of one file does nothing and leaves both.
        temporary.unlink(missing_ok=True)


def publish_link(source: Path, path: Path) -> None:
    """Give the content of `source` the name `path` too; `source` stays, so doing it again does no harm."""
    with published(path) as temporary:
        try:
            temporary.hardlink_to(source)
        except OSError:  # a file system without hard links
            shutil.copyfile(source, temporary)


def temporary_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_to_disk(folder.parent)


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """An empty folder for the length of the block; what a killed process left in it is removed."""
    empty_folder(folder)
    try:
        yield folder
    finally:
        remove_folder(folder)


def empty_folder(folder: Path) -> None:
    remove_folder(folder)
    make_folder(folder)


def remove_folder(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def sync_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
