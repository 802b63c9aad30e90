"""How far a read is that goes over several slices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sync_pipeline.domain.positions import CutRow


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """`percent` and `finish_at` are None where the source does not count its records, or nothing came yet.

    `finish_at` takes it that the rest goes as fast as everything since the read began, its breaks included.
    """

    records: int
    pages: int
    total: int | None
    percent: float | None
    finish_at: datetime | None

    @classmethod
    def of(cls, cut: CutRow, now: datetime) -> Self:
        so_far = cut.so_far
        percent = finish_at = None
        if so_far.total:
            share = min(so_far.records / so_far.total, 1.0)
            percent = round(100 * share, 1)
            if share:
                finish_at = now + (now - cut.read_started_at) * (1 / share - 1)
        return cls(so_far.records, so_far.pages, so_far.total, percent, finish_at)

    def as_dict(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "pages": self.pages,
            "total": self.total,
            "percent": self.percent,
            "finish_at": None if self.finish_at is None else self.finish_at.isoformat(timespec="seconds"),
        }


def progress_text(stream: str, progress: dict[str, Any]) -> str:
    """`users: 12,000 of 50,000 records read (24 %), finished about 2026-03-02 03:00 UTC`."""
    if progress["total"] is None:
        return f"{stream}: {progress['records']:,} records read, {progress['pages']:,} pages"
    text = f"{stream}: {progress['records']:,} of {progress['total']:,} records read ({progress['percent']:g} %)"
    if progress["finish_at"] is None:
        return text
    return f"{text}, finished about {progress['finish_at'][: len('2026-03-02T03:00')].replace('T', ' ')} UTC"
