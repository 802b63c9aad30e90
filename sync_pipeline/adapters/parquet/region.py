"""The region that a data folder belongs to, and whose files are in it."""

import os
from pathlib import Path

from sync_pipeline.adapters.parquet.layout import CUSTOMER_PREFIX
from sync_pipeline.domain.errors import ConfigurationError

REGION_FILE = "region"


class FolderRegion:
    """Implements ports.RegionalStore."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / REGION_FILE

    def region(self) -> str | None:
        try:
            return self._file.read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def customers(self) -> set[str]:
        return {path.name.removeprefix(CUSTOMER_PREFIX) for path in self._root.glob(f"{CUSTOMER_PREFIX}*")}

    def give_to(self, region: str) -> None:
        """A link appears with its content or not at all, and only one of two processes makes it."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            whole = self._root / f".{REGION_FILE}.{os.getpid()}"
            whole.write_text(f"{region}\n", encoding="utf-8")
            try:
                os.link(whole, self._file)
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                whole.replace(self._file)
            whole.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The data folder {self._root} cannot be written: {error.strerror}.",
                "Let SYNC_DATA_URL (or SYNC_HOME) name a place this user may write to.",
            ) from None
