"""A message names the customer, the problem, since when, and what to do."""

from datetime import timedelta

import pytest

from sync_pipeline.domain.alerts import FLEET, Change, ChangeKind, Problem, Subject
from sync_pipeline.domain.alerts.notices import Group, StoredChange
from sync_pipeline.domain.alerts.wording import NAMED, Links, lasted, message
from sync_pipeline.domain.verdict import Severity
from sync_pipeline_tests.domain.alerts.support import HOUR, NOW, began, ended, problem

LINKS = Links(ui="https://dagster.example.org", docs="https://docs.example.org")


def told(*changes: Change, links: Links = LINKS) -> str:
    stored = [StoredChange(number, change) for number, change in enumerate(changes)]
    return message(Group("C-OPS", "run_failed", stored), links)


def test_one_problem_is_told_whole() -> None:
    broken = Problem(
        Subject("riverside", "run_failed"), Severity.ERROR, "users: the token is refused", "renew it", {}, "run-1"
    )
    assert told(began(broken)).splitlines() == [
        ":red_circle: *riverside*: users: the token is refused",
        "*What to do:* renew it",
        (
            "<https://dagster.example.org/runs/run-1|run> · "
            "<https://dagster.example.org/assets/applied_ledger?partition=riverside|customer in the UI> · "
            "<https://docs.example.org/operations/run-failed.md|what to do>"
        ),
    ]


def test_without_addresses_the_page_is_named() -> None:
    assert told(began(problem()), links=Links()).splitlines()[-1] == "`docs/operations/run-failed.md`"


def test_a_warning_looks_like_one_and_an_end_like_one() -> None:
    assert told(began(problem(severity=Severity.WARNING))).startswith(":large_yellow_circle:")
    assert told(ended(problem())) == ":large_green_circle: *riverside*: run failed is over, after 1 h 0 min"


def test_what_got_worse_says_so_and_since_when() -> None:
    worse = Change(ChangeKind.WORSENED, problem(), NOW, NOW + HOUR)
    assert "(worse than before)\nSince 2026-03-02 22:00 UTC." in told(worse)


def test_many_customers_are_named_and_the_rest_is_counted() -> None:
    text = told(*(began(problem(f"customer-{number:03}")) for number in range(200)))
    assert text.startswith(":red_circle: *200 customers: run failed*\n")
    assert text.count("• *customer-") == NAMED
    assert f"and {200 - NAMED} more" in text
    assert "mend customer-000" in text


def test_began_and_ended_are_told_apart() -> None:
    text = told(began(problem("riverside")), ended(problem("harbor")))
    assert text.index("*riverside*: it broke") < text.index(":large_green_circle: *harbor*")


def test_a_platform_goes_by_its_own_name() -> None:
    down = Problem(Subject(FLEET, "platform_down", "api.example.org"), Severity.ERROR, "it is down", "wait")
    assert told(began(down)).startswith(":red_circle: *api.example.org*: it is down")


def test_what_slack_would_read_as_its_own_is_escaped_and_long_texts_are_cut() -> None:
    text = told(began(problem(said="<!channel> & " + "x" * 5_000)))
    assert "&lt;!channel&gt; &amp; xxx" in text
    assert len(text) < 2_000


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=4), "4 min"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"),
    ],
)
def test_lengths_are_told_in_words(length: timedelta, words: str) -> None:
    assert lasted(length) == words
