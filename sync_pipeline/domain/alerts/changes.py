"""What became different since people were told last: a problem began, got worse, or is over."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync_pipeline.domain.alerts.problem import Problem, Subject
from sync_pipeline.domain.verdict import Severity


class ChangeKind(StrEnum):
    BEGAN = "began"
    WORSENED = "worsened"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """A problem that people were told of, or are about to be."""

    problem: Problem
    since: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state; each is told once. `since` is when the problem began."""

    kind: ChangeKind
    problem: Problem
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the fleet saw.

    `kinds` were looked for everywhere, `subjects` besides (a run tells about its own customer only): an alert of any
    other is left as it is. `hidden` are explained by a greater trouble: nothing of them begins or ends meanwhile.
    """

    problems: Collection[Problem]
    kinds: frozenset[str]
    subjects: frozenset[Subject] = frozenset()
    hidden: frozenset[Subject] = frozenset()

    def is_over(self, subject: Subject) -> bool:
        """Whether a problem that is not there any more was looked for."""
        return (subject.name in self.kinds or subject in self.subjects) and subject not in self.hidden


def changes(open_alerts: Mapping[Subject, OpenAlert], seen: Seen, now: datetime) -> list[Change]:
    """What is to be told; a problem that only looks different (other numbers, less severe) is no change."""
    there = {problem.subject: problem for problem in seen.problems if problem.subject not in seen.hidden}
    return [
        *_began(open_alerts, there.values(), now),
        *(
            Change(ChangeKind.ENDED, alert.problem, alert.since, now)
            for subject, alert in open_alerts.items()
            if subject not in there and seen.is_over(subject)
        ),
    ]


def _began(open_alerts: Mapping[Subject, OpenAlert], there: Iterable[Problem], now: datetime) -> Iterable[Change]:
    for problem in there:
        alert = open_alerts.get(problem.subject)
        if alert is None:
            yield Change(ChangeKind.BEGAN, problem, now, now)
        elif problem.severity is Severity.ERROR and alert.problem.severity is Severity.WARNING:
            yield Change(ChangeKind.WORSENED, problem, alert.since, now)
