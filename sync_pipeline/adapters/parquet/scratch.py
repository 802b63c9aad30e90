"""A Parquet store whose writes go elsewhere: a plan compares with the stored files and leaves none behind."""

from pathlib import Path

from sync_pipeline.adapters.parquet.layout import Kind, StreamFiles
from sync_pipeline.adapters.parquet.store import ParquetStore
from sync_pipeline.domain.cut import StreamName


class ScratchStore(ParquetStore):
    """Writes below `scratch`; a file that is not there is read from the store at `root`, which is never written.

    Nothing is copied or linked: a snapshot may have gigabytes, and temporary folders often lie on another disk.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        super().__init__(scratch)
        self._stored = root

    def _files(self, name: StreamName) -> StreamFiles:
        return _LayeredFiles(self._root, name, StreamFiles(self._stored, name))


class _LayeredFiles(StreamFiles):
    def __init__(self, root: Path, name: StreamName, below: StreamFiles) -> None:
        super().__init__(root, name)
        self._below = below

    def existing(self, kind: Kind, cut: int) -> Path:
        own = self.file(kind, cut)
        return own if own.is_file() else self._below.existing(kind, cut)
