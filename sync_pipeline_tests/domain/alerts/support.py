"""Problems in few words."""

from datetime import UTC, datetime, timedelta

from sync_pipeline.domain.alerts import Change, ChangeKind, Problem, Subject
from sync_pipeline.domain.verdict import Severity

NOW = datetime(2026, 3, 2, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def problem(
    customer_id: str = "riverside",
    name: str = "run_failed",
    severity: Severity = Severity.ERROR,
    said: str = "it broke",
) -> Problem:
    return Problem(Subject(customer_id, name), severity, said, f"mend {customer_id}")


def began(of: Problem, at: datetime = NOW) -> Change:
    return Change(ChangeKind.BEGAN, of, at, at)


def ended(of: Problem, since: datetime = NOW, at: datetime = NOW + HOUR) -> Change:
    return Change(ChangeKind.ENDED, of, since, at)
