"""Reading configuration files: each at most once per load, and never with a traceback."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

MOST_BYTES = 1_000_000


class UnreadableError(Exception):
    """A file cannot be read as text; `message` and `remedy` are for a person."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass
class Files:
    """The files of one load: thousands of customers name the same connector and recipe."""

    contents: dict[Path, bytes | UnreadableError] = field(default_factory=dict)

    def text(self, path: Path) -> str:
        """The text of a UTF-8 file.

        Raises:
            UnreadableError: it is missing, not a file, too large, not permitted or not UTF-8.
        """
        content = self.content(path)
        if isinstance(content, UnreadableError):
            raise content
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableError("the file is not UTF-8 text", "Save it as UTF-8.") from error

    def content(self, path: Path) -> bytes | UnreadableError:
        if path not in self.contents:
            self.contents[path] = read(path)
        return self.contents[path]


def read(path: Path) -> bytes | UnreadableError:
    try:
        return refuse_unlikely(path.stat()) or path.read_bytes()
    except (OSError, ValueError) as error:
        return explain_failure(path, error)


def refuse_unlikely(found: os.stat_result) -> UnreadableError | None:
    if not stat.S_ISREG(found.st_mode):
        return UnreadableError("this is not a file", "Put a YAML file here, or rename what is here.")
    if found.st_size > MOST_BYTES:
        return UnreadableError("the file is larger than 1 MB", "Check that this is the right file.")
    return None


def explain_failure(path: Path, error: OSError | ValueError) -> UnreadableError:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return UnreadableError("the link points to nothing", "Restore the file it points to, or remove the link.")
    if isinstance(error, FileNotFoundError):
        return UnreadableError("there is no such file", "Check the path; it is relative to the file that names it.")
    if isinstance(error, PermissionError):
        return UnreadableError("reading the file is not permitted", "Give this user the right to read it.")
    reason = error.strerror if isinstance(error, OSError) else "its name is not usable"
    return UnreadableError(f"the file cannot be read: {reason}", "Check the path and what it points to.")
