"""The first sentence: what happened, and whether anybody has to do something."""

from typing import Any

import pytest

from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.pages.headline import Headline, Tone, headline
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.run import RunStatus
from sync_pipeline_tests.domain.pages.support import NOW, stored

WELL = Breaker(0, None, None)
PAUSED = Breaker(3, None, "3 runs in a row failed", needs_person=True)
HELD = CutRow(
    41, "vomo", "users", "nightly-1", CutState.HELD, Strategy.FULL_SNAPSHOT, True, NOW,
    counts=ChangeCounts(0, 0, 21), held="21 of 40 records are gone",
)  # fmt: skip
REFUSED = {"subject": "projects", "message": "The source answered 403.", "remedy": "Renew the token."}


def of(
    status: RunStatus = RunStatus.DONE, breaker: Breaker = WELL, held: tuple[CutRow, ...] = (), **facts: Any
) -> Headline:
    operations = facts.pop("operations", {})
    return headline(stored(status, **facts), operations, held, breaker, NOW)


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        ({}, "Nothing had changed; nobody has to do anything."),
        ({"total_changes": 1, "successes": 1}, "The only change was delivered; nobody has to do anything."),
        ({"total_changes": 1_200, "successes": 1_200}, "All 1,200 changes were delivered; nobody has to do anything."),
        (
            {"total_changes": 0, "carried": 3},
            "Nothing had changed and 3 changes of earlier runs were finished; nobody has to do anything.",
        ),
        (
            {"total_changes": 9, "successes": 7, "failures": 1, "superseded": 1},
            "7 of 9 changes were delivered, 1 was refused for good and 1 was overtaken; nobody has to do anything.",
        ),
    ],
)
def test_a_run_that_is_done_with_everything_asks_for_nobody(report: dict[str, Any], sentence: str) -> None:
    told = of(**report)
    assert (told.tone, told.sentence, told.todos) == (Tone.GOOD, sentence, ())


def test_what_waits_goes_on_by_itself() -> None:
    told = of(total_changes=5, successes=3, waiting=2, operations={"waiting": 2})
    assert told.tone == Tone.GOES_ON
    assert told.sentence == (
        "3 of 5 changes were delivered and 2 wait for something in Virtuous; "
        "the rest goes on by itself, nobody has to do anything."
    )


def test_dead_letters_of_any_run_need_a_person() -> None:
    told = of(operations={"dead": 2, "review": 1, "waiting": 4})
    assert told.tone == Tone.PERSON
    assert told.sentence == "Nothing had changed; 2 dead letters and 1 review need a person."
    assert [command for todo in told.todos for command in todo.commands] == [
        "sync-pipeline dead-letters list riverside",
        "sync-pipeline dead-letters list riverside --state review",
    ]


def test_a_parked_run_says_when_it_goes_on() -> None:
    told = of(RunStatus.PARKED, total_changes=5, successes=1, pending=4, resume_at="2026-03-02T09:05:00+00:00")
    assert told.tone == Tone.GOES_ON
    assert told.sentence == (
        "1 of 5 changes was delivered and 4 are not sent yet; the run is parked and goes on by itself at "
        "2026-03-02 09:05 UTC, nobody has to do anything."
    )


def test_a_held_change_set_comes_with_the_commands_to_decide() -> None:
    told = of(RunStatus.HELD, held=(HELD,), total_changes=21)
    assert told.tone == Tone.PERSON
    assert told.sentence.endswith("; 1 held change set needs a person.")
    (todo,) = told.todos
    assert "21 of 40 records are gone" in todo.text
    assert todo.commands == (
        "sync-pipeline change-sets show riverside 41",
        "sync-pipeline change-sets approve riverside 41",
        "sync-pipeline change-sets discard riverside 41",
    )


def test_a_failed_run_says_what_failed_and_what_mends_it() -> None:
    told = of(RunStatus.FAILED, stage_failures=[REFUSED, REFUSED])
    assert told.tone == Tone.BAD
    assert told.sentence == (
        "The run failed in projects: The source answered 403. Nothing is lost: the next run goes on with all of it."
    )
    assert [todo.text for todo in told.todos] == ["Renew the token.", "The next night tries again; to try sooner:"]
    assert told.todos[-1].commands == ("sync-pipeline run riverside",)


def test_a_failure_that_paused_the_customer_ends_with_resuming_it() -> None:
    told = of(RunStatus.FAILED, PAUSED, stage_failures=[REFUSED])
    assert "The customer is paused now." in told.sentence
    assert told.todos[-1].commands == ("sync-pipeline customers resume riverside --reason 'what was mended'",)


def test_a_paused_customer_names_the_reason() -> None:
    told = of(RunStatus.PAUSED, PAUSED)
    assert told.sentence == "Nothing was done, because this customer is paused: 3 runs in a row failed."
    assert told.todos[0].commands == ("sync-pipeline customers resume riverside --reason 'what was mended'",)


def test_a_run_that_another_one_took_over_asks_for_nobody() -> None:
    told = of(RunStatus.CONTINUED, total_changes=2, successes=1, pending=1)
    assert (told.tone, told.todos) == (Tone.GOOD, ())
    assert "a later run took over" in told.sentence
