"""What lies on disk of a stream, and its removal."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

from sync_pipeline.adapters.parquet.durable import remove_folder
from sync_pipeline.adapters.parquet.layout import StreamFiles
from sync_pipeline.domain.cut_history import StoredFile


def stored_files(files: StreamFiles) -> Iterator[StoredFile]:
    """Everything of the stream, as it is now; what vanishes while it is looked at is left out."""
    for kind, cut, is_unfinished, path in files.paths():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        is_folder = S_ISDIR(status.st_mode)
        yield StoredFile(
            kind=kind,
            name=path.name,
            cut=cut,
            written_at=datetime.fromtimestamp(status.st_mtime, UTC),
            size=_size_of_folder(path) if is_folder else status.st_size,
            content=status.st_ino,
            names=1 if is_folder else status.st_nlink,
            is_unfinished=is_unfinished,
        )


def remove_files(files: StreamFiles, removed: Iterable[StoredFile]) -> None:
    """Remove these files and folders. In whatever order, and wherever it breaks off: each is whole or gone."""
    for file in removed:
        path = files.path(file.kind, file.name)
        if path.is_dir():
            remove_folder(path)
        else:
            path.unlink(missing_ok=True)


def _size_of_folder(folder: Path) -> int:
    sizes = 0
    for found, _, names in os.walk(folder):
        for name in names:
            try:
                sizes += (Path(found) / name).stat().st_size
            except FileNotFoundError:
                continue
    return sizes
