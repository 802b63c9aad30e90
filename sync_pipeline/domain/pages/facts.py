"""What the stores know about runs, as far as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sync_pipeline.domain.run import Run, RunStatus


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run with the report of its last slice that ended, at `reported_at`."""

    run: Run
    status: RunStatus
    started_at: datetime
    reported_at: datetime
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SliceSpan:
    """When a slice was at work; without an end it still is, or its process was killed."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    status: RunStatus | None


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request to Virtuous. `throttled`: it was answered 429."""

    at: datetime
    endpoint: str
    throttled: bool


@dataclass(frozen=True, slots=True)
class FailureReason:
    """Records that a run could not deliver for the same reason; `examples` are streams and keys."""

    reason: str
    records: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PastRun:
    """One night of the history; `requests` are those to Virtuous."""

    customer_id: str
    run_id: str
    layer: str
    status: str
    started_at: datetime
    duration_seconds: float
    changes: int
    failures: int
    requests: int

    @property
    def is_known(self) -> bool:
        """Whether it left a report; one whose process was killed has none."""
        return self.duration_seconds >= 0


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page's file. Its numbers are as of `as_of`; `size` is in bytes.

    `is_unfinished`: it belongs to the process that is writing it.
    """

    path: Path
    as_of: datetime
    size: int
    is_unfinished: bool
