"""What people, and machines on their behalf, decided about a customer."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

RUN = "run"
FORGET = "forget"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` is None where nobody wrote down who it was: a run that was begun in the Dagster UI."""

    at: datetime
    actor: str | None
    action: str
    reason: str | None


def with_runs(entries: Collection[AuditEntry], by_hand: Iterable[tuple[datetime, str]]) -> list[AuditEntry]:
    """The entries and the runs (when, id) that were begun by hand and are not among them; oldest first."""
    known = {entry.reason for entry in entries if entry.action == RUN}
    nameless = [AuditEntry(at, None, RUN, run_id) for at, run_id in by_hand if run_id not in known]
    return sorted([*entries, *nameless], key=lambda entry: entry.at)
