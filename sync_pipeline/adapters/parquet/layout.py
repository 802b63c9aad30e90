"""Where the files of a stream live, and the names under which unfinished work hides."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.cut_history import Kind
from sync_pipeline.domain.errors import ConfigurationError, SyncError

CUSTOMER_PREFIX = "customer="
CUT_OF_FILE = re.compile(r"(?P<hidden>\.?)(?P<cut>\d+)\.")
"""`7.parquet`, and unfinished `.7.parquet.tmp` or `.7.parts`."""


class DataFileMissing(SyncError):
    """The state store names a file that is not in the data folder."""

    code = "data_missing"


class StreamFiles:
    """The files of one stream of one customer."""

    def __init__(self, root: Path, name: StreamName) -> None:
        self._folder = customer_folder(root, name.customer_id) / f"stream={_safe(name.stream)}"
        self._name = name

    def file(self, kind: Kind, cut: int) -> Path:
        return self._folder / kind / f"{cut}.parquet"

    def existing(self, kind: Kind, cut: int) -> Path:
        """The finished file of a cut.

        Raises:
            DataFileMissing: there is none.
        """
        path = self.file(kind, cut)
        if not path.is_file():
            raise DataFileMissing(
                f"{kind}/{cut}.parquet of {self._name.customer_id}, stream {self._name.stream}, is missing.",
                "The data folder and the state store must be restored from the same moment; when that is impossible, "
                "run the customer with --layer initial.",
            )
        return path

    def journal(self, cut: int) -> Path:
        """The pages of a read that is not over."""
        return self._folder / Kind.READING / f"{cut}.jsonl"

    def remove_journals(self) -> None:
        for path in (self._folder / Kind.READING).glob("*.jsonl"):
            path.unlink()

    def workspace(self, kind: Kind, cut: int, purpose: str) -> Path:
        """A hidden folder for unfinished work on a cut; it may not exist."""
        return self._folder / kind / f".{cut}.{purpose}"

    def remove_workspaces(self, kind: Kind, purpose: str) -> None:
        """Remove what killed processes left, whatever the cut."""
        for path in (self._folder / kind).glob(f".*.{purpose}"):
            shutil.rmtree(path)

    def paths(self) -> Iterator[tuple[Kind, int, bool, Path]]:
        """Everything there is: kind, cut, whether it is unfinished work, and where. What has no cut is not ours."""
        for kind in Kind:
            for path in (self._folder / kind).glob("*"):
                if (named := CUT_OF_FILE.match(path.name)) is not None:
                    yield kind, int(named["cut"]), bool(named["hidden"]), path

    def path(self, kind: Kind, name: str) -> Path:
        return self._folder / kind / name


def customer_folder(root: Path, customer_id: str) -> Path:
    return root / f"{CUSTOMER_PREFIX}{_safe(customer_id)}"


def _safe(name: str) -> str:
    if name in {"", ".", ".."} or any(letter in name for letter in "/\\\0"):
        raise ConfigurationError(
            f"{name!r} cannot be the name of a folder.",
            "Customer ids and stream names consist of letters, digits, - and _.",
        )
    return name
