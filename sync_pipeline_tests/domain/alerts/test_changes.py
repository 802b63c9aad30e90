"""A change of state is told once; what only looks different, or was not looked at, is none."""

from dataclasses import replace

from sync_pipeline.domain.alerts import ChangeKind, OpenAlert, Problem, Seen, changes
from sync_pipeline.domain.verdict import Severity
from sync_pipeline_tests.domain.alerts.support import HOUR, NOW, began, ended, problem

KINDS = frozenset({"run_failed"})


def kinds_of_changes(known: list[Problem], seen: Seen) -> list[ChangeKind]:
    alerts = {one.subject: OpenAlert(one, NOW) for one in known}
    return [change.kind for change in changes(alerts, seen, NOW + HOUR)]


def test_a_problem_begins_once_and_ends_once() -> None:
    broken = problem()
    assert changes({}, Seen([broken], KINDS), NOW) == [began(broken)]
    assert kinds_of_changes([broken], Seen([broken], KINDS)) == []
    alerts = {broken.subject: OpenAlert(broken, NOW)}
    assert changes(alerts, Seen([], KINDS), NOW + HOUR) == [ended(broken)]


def test_other_numbers_and_other_words_are_no_news() -> None:
    assert kinds_of_changes([problem()], Seen([problem(said="it broke again")], KINDS)) == []


def test_getting_worse_is_news_and_getting_better_is_none() -> None:
    bad, worse = problem(severity=Severity.WARNING), problem(severity=Severity.ERROR)
    assert kinds_of_changes([bad], Seen([worse], KINDS)) == [ChangeKind.WORSENED]
    assert kinds_of_changes([worse], Seen([bad], KINDS)) == []


def test_what_was_not_looked_at_does_not_end() -> None:
    other = problem(name="failure_rate")
    assert kinds_of_changes([other], Seen([], KINDS)) == []
    assert kinds_of_changes([other], Seen([], KINDS, subjects=frozenset({other.subject}))) == [ChangeKind.ENDED]


def test_of_a_stopped_customer_nothing_begins_or_ends() -> None:
    broken = problem()
    hidden = Seen([], KINDS, hidden=frozenset({broken.subject}))
    assert kinds_of_changes([broken], hidden) == []
    assert kinds_of_changes([], replace(hidden, problems=[broken])) == []


def test_customers_have_alerts_of_their_own() -> None:
    assert kinds_of_changes([problem("harbor")], Seen([problem("riverside")], KINDS)) == [
        ChangeKind.BEGAN,
        ChangeKind.ENDED,
    ]
