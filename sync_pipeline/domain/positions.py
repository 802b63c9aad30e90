"""How far a stream is read and accounted for, and what a read left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.cut import Strategy


@dataclass(frozen=True, slots=True)
class Position:
    """The durable position of one stream.

    `read_position` and `checkpoint` are source time; the cuts name the current files. `accounted_at` is when a
    completed read last left nothing unaccounted for: the checkpoint's age counts from there. `changes_token` asks the
    source for what came after the last compared read; `columns` maps each column of that read to its JSON kinds.
    `short_reads` counts the reads in a row in which the source kept back a good part of the records that it counts.
    """

    source: str
    stream: str
    read_position: datetime | None = None
    checkpoint: datetime | None = None
    checkpoint_cut: int | None = None
    accounted_at: datetime | None = None
    snapshot_cut: int | None = None
    acknowledged_cut: int | None = None
    mapping_hash: str | None = None
    changes_token: str | None = None
    columns: Mapping[str, str] | None = None
    short_reads: int = 0

    @property
    def reached(self) -> str | None:
        """The checkpoint as text: source time in ISO 8601, or the cut where a stream has no time."""
        if self.checkpoint is not None:
            return self.checkpoint.isoformat()
        return None if self.checkpoint_cut is None else f"cut {self.checkpoint_cut}"


NO_CHANGES = ChangeCounts()


class CutState(StrEnum):
    READING = "reading"  # pages are arriving; after a crash the read starts again
    READ = "read"  # the snapshot of this cut is durable
    READY = "ready"  # its change set is durable; the read position has moved
    PLANNED = "planned"  # every change has its row in the ledger
    HELD = "held"  # the guard wants a person to look first
    APPROVED = "approved"  # a person agreed to what was held: the next cut sends what is still the same
    SUPERSEDED = "superseded"  # a later cut of the stream covers it
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """How far a read is. `total`: how many records the source counts; `pauses`: how often a 429 made it wait."""

    requests: int = 0
    pauses: int = 0
    pages: int = 0
    records: int = 0
    total: int | None = None


NOTHING_READ = ReadSoFar()


@dataclass(frozen=True, slots=True)
class CutRow:
    """One cut as the state store knows it."""

    cut: int
    source: str
    stream: str
    run_id: str
    state: CutState
    strategy: Strategy
    proven: bool
    read_started_at: datetime
    read_completed_at: datetime | None = None
    since: datetime | None = None
    so_far: ReadSoFar = NOTHING_READ
    snapshot_cut: int | None = None
    newest_modified: datetime | None = None
    rows: int = 0
    counts: ChangeCounts = NO_CHANGES
    reason: str | None = None
    held: str | None = None
    approved_by: str | None = None
    changes_token: str | None = None
    columns: Mapping[str, str] | None = None
    schema_changes: Sequence[str] = ()
    compared_at: datetime | None = None

    @property
    def duration(self) -> timedelta:
        """From the first page to the last, whatever broke the read off in between."""
        return timedelta() if self.read_completed_at is None else self.read_completed_at - self.read_started_at
