"""Everything that the page of one run shows, in its order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.confirmation import Author
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pages.facts import FailureReason, PastRun, StoredRun
from sync_pipeline.domain.pages.headline import Headline
from sync_pipeline.domain.pages.timeline import Timeline
from sync_pipeline.domain.pages.usage import Usage
from sync_pipeline.domain.pages.words import duration
from sync_pipeline.domain.positions import CutRow

NIGHTS = 30
REASONS = 20
EXAMPLES = 5
OUTCOMES = ("successes", "waiting", "deferred", "pending", "held", "superseded", "failures")
"""What becomes of a change, in the words of the report."""
RECONCILED = ("confirmed", "unconfirmed", "reviewed", "compared", "missing", "archived", "merged", "corrected")
OPEN = (State.PLANNED, State.SENDING, State.WAITING, State.DEFERRED, State.DEAD, State.REVIEW)


@dataclass(frozen=True, slots=True)
class StreamAccount:
    """One stream of a run: `kind` is what its records become, `outcomes` counts its changes by `OUTCOMES`."""

    stream: str
    kind: str
    rows: int
    is_complete: bool
    creates: int
    updates: int
    deletes: int
    unchanged: int
    outcomes: Mapping[str, int]
    checkpoint: str | None


@dataclass(frozen=True, slots=True)
class RunPage:
    """`as_of` is the moment its numbers are of; `operations` are all of the customer's by state."""

    run: StoredRun
    as_of: datetime
    headline: Headline
    timeline: Timeline
    usage: Usage
    streams: Sequence[StreamAccount]
    failures: Sequence[FailureReason]
    nights: Sequence[PastRun]
    held: Sequence[CutRow]
    operations: Mapping[str, int]

    @property
    def changed_streams(self) -> list[StreamAccount]:
        return [stream for stream in self.streams if any(stream.outcomes.values())]

    @property
    def forecast(self) -> list[tuple[str, int, int]]:
        """By endpoint, requests as foretold and as sent; empty when nothing was foretold."""
        foretold, sent = self.run.report.get("foretold_requests") or {}, self.run.report["requests"]
        if not foretold:
            return []
        return [(name, foretold.get(name, 0), sent.get(name, 0)) for name in sorted({*foretold, *sent})]

    @property
    def stream_rows(self) -> list[tuple[str | int, ...]]:
        return [
            (
                *(stream.stream, stream.rows, "yes" if stream.is_complete else "no"),
                *(stream.creates, stream.updates, stream.deletes, stream.unchanged),
                *(stream.outcomes[name] for name in OUTCOMES),
                stream.checkpoint or "",
            )
            for stream in self.streams
        ]

    @property
    def night_rows(self) -> list[tuple[str | int, ...]]:
        """The newest first."""
        return [
            (
                *(f"{night.started_at:%Y-%m-%d %H:%M}", night.status),
                *((duration(night.duration_seconds), night.changes) if night.is_known else ("", "")),
                *((night.failures, night.requests) if night.is_known else ("", "")),
                night.run_id,
            )
            for night in reversed(self.nights)
        ]

    @property
    def held_rows(self) -> list[tuple[str | int, ...]]:
        return [
            (cut.stream, cut.cut, cut.counts.creates, cut.counts.updates, cut.counts.deletes, cut.held or "")
            for cut in self.held
        ]

    @property
    def open_rows(self) -> list[tuple[str, int]]:
        return [(state.value, self.operations.get(state, 0)) for state in OPEN]

    @property
    def reconciled(self) -> list[tuple[str, int]]:
        account = self.run.report["reconciliation"]
        return [(name, account[name]) for name in RECONCILED]

    @property
    def drift(self) -> list[tuple[str | int, ...]]:
        """By field, how many records differ, by whose value Virtuous shows."""
        by_author = self.run.report["reconciliation"]["drift"]
        fields = sorted({name for fields in by_author.values() for name in fields})
        return [(name, *(by_author.get(author.value, {}).get(name, 0) for author in Author)) for name in fields]
