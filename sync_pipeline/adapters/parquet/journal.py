"""What a read has brought so far, page by page, so that another process can go on with it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import BufferedWriter
from pathlib import Path
from typing import Final, Self

import msgspec

from sync_pipeline.adapters.parquet.durable import make_folder
from sync_pipeline.domain.cut import Page
from sync_pipeline.ports import Clock

ONLY_OURS: Final = 0o600  # records of people, in plain text


class _Header(msgspec.Struct, frozen=True):
    terms: str


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of one reading of the stream, or that the reading is over."""

    reading: int
    at: datetime
    cursor: str | None = None
    proven_parent: str | None = None
    is_over: bool = False
    page: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def leads_on(self) -> bool:
        return self.is_over or self.cursor is not None or self.proven_parent is not None


class FileJournal:
    """Implements ports.ReadJournal: a header and one line of JSON for each page, only ever appended to.

    What follows the last line from which a read can go on is dropped when it is opened again, and with it a line that
    a killed process did not write to its end. There is no file before the second page, or the first that leads on:
    most reads are over by then.
    """

    def __init__(self, path: Path, clock: Clock, terms: str) -> None:
        self.resumed = False
        self.grew = False
        self._path = path
        self._clock = clock
        self._file: BufferedWriter | None = None
        self._held = [_line(_Header(terms))]
        self._complete: set[int] = set()
        self._cursors: dict[int, str] = {}
        self._parents: dict[int, set[str]] = {}

    @classmethod
    def resume(cls, path: Path, clock: Clock, terms: str, not_before: datetime) -> Self | None:
        """The journal at `path`; None when there is none, it was kept on other terms, or its last page is too old."""
        journal = cls(path, clock, terms)
        try:
            length, written_at = journal._take_up(terms)
        except FileNotFoundError:
            return None
        if written_at is None or written_at < not_before:
            return None
        os.truncate(path, length)
        journal.resumed, journal._held = True, []
        return journal

    def cursor(self, reading: int) -> str | None:
        return self._cursors.get(reading)

    def parents(self, reading: int) -> frozenset[str]:
        return frozenset(self._parents.get(reading, ()))

    def is_complete(self, reading: int) -> bool:
        return reading in self._complete

    def pages(self, reading: int) -> Iterator[Page]:
        """What was kept of a reading when this journal was opened."""
        if self.resumed:
            for line, _ in self._lines():
                if line.reading == reading and not line.is_over:
                    yield replace(msgspec.json.decode(line.page, type=Page), cursor=line.cursor)

    def add(self, reading: int, page: Page) -> None:
        self.grew = True
        content = msgspec.Raw(msgspec.json.encode(replace(page, cursor=None)))
        line = _Line(reading, self._clock.now(), page.cursor, page.proven_parent, page=content)
        self._held.append(_line(line))
        if self._file is not None or line.leads_on or len(self._held) > 2:  # noqa: PLR2004 - the header and one page
            self._write()

    def complete(self, reading: int) -> None:
        self._complete.add(reading)
        self._held.append(_line(_Line(reading, self._clock.now(), is_over=True)))
        if self._file is not None:
            self._write()

    def close(self) -> None:
        """Keep what is there, also through a loss of power."""
        if self._file is not None:
            os.fsync(self._file.fileno())
        self._release()

    def discard(self) -> None:
        self._release()
        self._path.unlink(missing_ok=True)

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self) -> None:
        if self._file is None:
            make_folder(self._path.parent)
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self.resumed else os.O_TRUNC)
            self._file = os.fdopen(os.open(self._path, flags, ONLY_OURS), "wb")
        self._file.write(b"".join(self._held))
        self._file.flush()
        self._held.clear()

    def _take_up(self, terms: str) -> tuple[int, datetime | None]:
        """Learn what the file holds; answers where its last line that leads on ends, and when that was written."""
        length, written_at = 0, None
        for line, end in self._lines(terms):
            if line.proven_parent is not None:
                self._parents.setdefault(line.reading, set()).add(line.proven_parent)
            if line.is_over:
                self._complete.add(line.reading)
            if line.cursor is not None:
                self._cursors[line.reading] = line.cursor
            if line.leads_on:
                length, written_at = end, line.at
        return length, written_at

    def _lines(self, terms: str | None = None) -> Iterator[tuple[_Line, int]]:
        """The whole lines, each with the place where it ends; none when the file was begun on other terms."""
        decoder = msgspec.json.Decoder(_Line)
        with self._path.open("rb") as file:
            end = 0
            for number, text in enumerate(file):
                end += len(text)
                try:
                    if number == 0:
                        if terms not in (None, msgspec.json.decode(text, type=_Header).terms):
                            return
                        continue
                    line = decoder.decode(text)
                except msgspec.DecodeError:
                    return
                if not text.endswith(b"\n"):
                    return
                yield line, end


def _line(content: msgspec.Struct) -> bytes:
    return msgspec.json.encode(content) + b"\n"
