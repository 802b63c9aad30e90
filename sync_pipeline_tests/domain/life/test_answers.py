"""What the facts about a record come to, in a sentence and a next step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.life.answering import answer
from sync_pipeline.domain.life.facts import Facts, MappedGroup, Schedule, SourceRow, Trouble
from sync_pipeline.domain.life.history import Attempt, History, KnownRead, OperationLife, Place
from sync_pipeline.domain.life.next_steps import next_step
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import Evidence, State
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.record import MappedRecord

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
THEN = NOW - timedelta(hours=10)
SAID = "2026-03-01 23:00 UTC"
PERSON = Need("contact", "VOMO", "17")
SLOT, RECONCILED = NOW + timedelta(hours=12), NOW + timedelta(hours=20)
CORRECT_OR_REPLAY = "Correct it at the source, or replay it."
UNCHANGED = "Unchanged since: the mapped value equals what Virtuous acknowledged."
UNCONFIRMED = ", not confirmed yet: what Virtuous accepts becomes a record with its next import."
READ = KnownRead(5, CutState.PLANNED, "run-1", THEN, proven=True, snapshot_cut=5)


def operation(state: State, number: int = 1, **changes: Any) -> OperationLife:
    made = OperationLife(
        operation_id=number,
        kind="contact",
        action="save",
        state=state,
        reference=PERSON,
        change="create",
        cut=number,
        fingerprints={"core": f"print-{number}"},
        run_id="run-1",
        endpoint="POST /api/Contact/Transaction",
        planned_at=THEN,
        updated_at=THEN,
    )
    return replace(made, **changes)


def delivered(number: int = 1, **changes: Any) -> OperationLife:
    return operation(State.ACCEPTED, number, **{"accepted_at": THEN, "attempts_made": 1, **changes})


def tried(outcome: str | None, status: int | None = None) -> dict[str, Any]:
    attempt = Attempt(THEN, "POST /api/Contact/Batch", "b" * 32, "t" * 32, "run-1", outcome, status)
    return {"attempts": [attempt], "attempts_made": 1}


def facts(*operations: OperationLife, **changes: Any) -> Facts:
    acknowledged = "print-1"
    made = Facts(
        customer_id="riverside",
        stream="users",
        key="17",
        kind="contact",
        when="status = 'active'",
        on_delete="tag",
        last_read=READ,
        row=SourceRow(5, THEN, is_newest=True, values={}),
        record=MappedRecord("17", True, "17", {}, ()),
        problem=None,
        groups={"core": MappedGroup({}, "print-1", acknowledged, None)},
        history=History([], operations, {}),
        acknowledged={},
        unplanned=None,
        unplanned_cut=None,
        pending=None,
        places={},
        itself=None,
        trouble=None,
        schedule=Schedule(NOW, SLOT, RECONCILED),
    )
    return replace(made, **changes)


def waiting(place: Place | None) -> str:
    one = operation(State.WAITING, kind="note", reference=Need("note", "VOMO", "9"), waits_for=str(PERSON))
    return answer(facts(one, places={} if place is None else {str(PERSON): place}, groups={}))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            operation(State.DEAD, reason="400 lastName", **tried("refused", 400)),
            f"Refused by Virtuous on {SAID} (400 lastName): dead letter 1. {CORRECT_OR_REPLAY}",
        ),
        (
            operation(State.DEAD, reason="400 gender", fingerprints={"birth_gender": "x"}, **tried("refused", 400)),
            f"Refused by Virtuous on {SAID} (400 gender): dead letter 1 (birth_gender). {CORRECT_OR_REPLAY}",
        ),
        (
            operation(State.DEAD, reason="lastName is empty"),
            f"Not sent on {SAID}, because lastName is empty: dead letter 1. Correct it at the source.",
        ),
        (
            operation(State.DEAD, reason="silence", **tried("no_answer")),
            f"Given up after 1 attempt on {SAID} (silence): dead letter 1. {CORRECT_OR_REPLAY}",
        ),
        (
            operation(State.DEAD, evidence=Evidence.REPLAYED.value),
            "A person wants operation 1 planned again: the next run does so.",
        ),
        (
            operation(State.REVIEW, reason="staff archived the contact"),
            f"For a person to see since {SAID}: staff archived the contact (review 1).",
        ),
        (
            operation(State.REVIEW, reason="not shown", accepted_at=THEN),
            f"Virtuous accepted it on {SAID} and does not have it as it was sent: not shown (review 1 since {SAID}).",
        ),
        (operation(State.DEFERRED, reason="silence"), f"Deferred on {SAID} (silence): the next run sends it first."),
        (
            operation(State.SENDING, **tried(None)),
            f"Sent on {SAID}, and no answer is known: the next run finds out first whether it arrived.",
        ),
        (operation(State.PLANNED), f"Planned on {SAID} and not sent yet."),
        (operation(State.PLANNED, **tried("throttled", 429)), f"Planned on {SAID} and not sent yet, after 1 attempt."),
        (
            operation(State.DISCARDED),
            f"A person said no to this value on {SAID}: it is sent when the source has another.",
        ),
        (delivered(), f"Delivered on {SAID}{UNCONFIRMED} {UNCHANGED}"),
        (
            operation(State.CONFIRMED, accepted_at=THEN, confirmed_at=NOW),
            f"Delivered on {SAID} and confirmed on 2026-03-02 09:00 UTC. {UNCHANGED}",
        ),
        (
            delivered(evidence=Evidence.FOUND_THERE.value, kind="note"),
            f"Delivered on {SAID} (Virtuous had it before anything was sent). {UNCHANGED}",
        ),
    ],
)
def test_every_state_has_its_sentence(one: OperationLife, said: str) -> None:
    assert answer(facts(one)) == said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place(PERSON, state=State.ACCEPTED, since=THEN), f" to be imported: Virtuous accepted it on {SAID}"),
        (Place(PERSON), ", of which no stream of this customer has sent anything"),
        (Place(PERSON, crm_id=7), ", which is there: the next run sends it"),
        (Place(PERSON, crm_id=7, archived_at=THEN), f", which staff archived before {SAID}"),
        (
            Place(PERSON, state=State.DEAD, operation_id=4),
            ", which is dead itself (operation 4, and needs a person)",
        ),
        (Place(PERSON, state=State.PLANNED, operation_id=4), ", which is planned itself (operation 4)"),
        (None, ""),
    ],
)
def test_what_waits_says_what_keeps_the_other_one_away(place: Place | None, said: str) -> None:
    assert waiting(place) == f"Waits for the contact VOMO/17 since {SAID}{said}."


def test_the_worst_of_the_newest_counts_and_the_rest_is_remarked() -> None:
    dead = operation(State.DEAD, 2, cut=1, reason="400", fingerprints={"tags": "t"}, **tried("refused", 400))
    said = answer(facts(delivered(), dead))
    assert said.startswith(f"Refused by Virtuous on {SAID} (400): dead letter 2 (tags).")
    assert said.endswith(f"What Virtuous has was delivered on {SAID}.")


def test_an_old_dead_letter_that_a_newer_value_replaced_does_not_count() -> None:
    old = operation(State.SUPERSEDED, 1, reason="400")
    assert answer(facts(old, delivered(2))).startswith("Delivered on ")


def test_an_older_value_of_another_field_group_that_still_stands_counts() -> None:
    dead = operation(State.DEAD, 1, reason="400", fingerprints={"tags": "t"}, **tried("refused", 400))
    assert "dead letter 1 (tags)" in answer(facts(dead, delivered(2)))


def test_a_value_that_virtuous_had_is_told_by_what_was_delivered() -> None:
    back = operation(State.SUPERSEDED, 2, reason="Virtuous has this value")
    assert answer(facts(delivered(), back)).startswith("Delivered on ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"row": None}, "The source's newest read does not have this record."),
        (
            {"row": None, "last_read": replace(READ, proven=False)},
            "The source's newest read does not have this record, which proves nothing: only a complete read does.",
        ),
        (
            {"row": None, "on_delete": "ignore"},
            "The source's newest read does not have this record; `on_delete: ignore` tells Virtuous nothing.",
        ),
        (
            {"record": MappedRecord("17", False, "17", {}, ())},
            "Filtered out by the recipe's `when` (status = 'active').",
        ),
        ({}, "Unchanged: the mapped value equals what Virtuous acknowledged."),
        (
            {"pending": Change("17", ChangeKind.CREATE, "17", "", {"core": "x"}, ())},
            "The source's value in cut 5 differs from what Virtuous acknowledged (core): the next run sends it.",
        ),
        (
            {"problem": "lastName is empty", "pending": Change("17", ChangeKind.CREATE, "17", "", {"core": "x"}, None)},
            "It cannot be written: lastName is empty. The next run makes a dead letter of it.",
        ),
        ({"groups": {}}, "Nothing of it was ever different from what Virtuous has."),
    ],
)
def test_a_record_without_operations_has_a_reason_too(changes: dict[str, Any], said: str) -> None:
    assert answer(facts(**changes)) == said


def test_a_departure_says_what_virtuous_was_told() -> None:
    gone = delivered(2, change="delete")
    assert answer(facts(delivered(), gone, row=None)) == (
        f"The source's newest read does not have this record. Virtuous was told on {SAID}."
    )
    never = operation(State.SUPERSEDED, 2, change="delete")
    assert answer(facts(never, row=None)) == (
        "The source's newest read does not have this record. It never reached Virtuous, so that nothing had to be told."
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (CutState.HELD, "Held by the guard in change set 6: a person approves or discards it."),
        (
            CutState.APPROVED,
            "A person approved change set 6: the next run sends it if the source still says the same.",
        ),
        (CutState.READY, "Change set 6 has a change of it that is not planned yet: the next run goes on with it."),
    ],
)
def test_a_change_set_that_is_not_planned_comes_before_what_was(state: CutState, said: str) -> None:
    assert answer(facts(delivered(), unplanned=state, unplanned_cut=6)) == said


def test_what_makes_the_answer_doubtful_is_told_after_it() -> None:
    long_ago = replace(READ, read_at=NOW - timedelta(days=3))
    trouble = Trouble("The source answered 401.", "Renew the token.")
    archived = Place(PERSON, crm_id=7, archived_at=THEN)
    schedule = Schedule(NOW, SLOT, paused="the holidays")
    said = answer(facts(delivered(), last_read=long_ago, trouble=trouble, itself=archived, schedule=schedule))
    assert said.endswith(
        "The newest run could not read the stream: The source answered 401. The stream has not been read since "
        f"2026-02-27 09:00 UTC. Staff archived the contact in Virtuous (seen on {SAID}). The customer is paused: the "
        "holidays"
    )


@pytest.mark.parametrize(
    ("given", "at", "command"),
    [
        (facts(operation(State.DEAD)), None, "dead-letters replay riverside 1"),
        (facts(operation(State.DEAD, evidence="replayed")), SLOT, "run riverside"),
        (facts(operation(State.REVIEW, waits_for="contact VOMO/17")), SLOT, "run riverside"),
        (facts(unplanned=CutState.HELD, unplanned_cut=6), None, "change-sets show riverside 6"),
        (facts(operation(State.WAITING)), SLOT, "run riverside"),
        (facts(operation(State.PLANNED), schedule=Schedule(NOW, SLOT, None, NOW)), NOW, "run riverside"),
        (facts(delivered()), RECONCILED, None),
        (facts(operation(State.CONFIRMED)), SLOT, "run riverside"),
    ],
)
def test_the_next_step_says_when_or_who(given: Facts, at: datetime | None, command: str | None) -> None:
    step = next_step(given)
    assert (step.at, step.needs_a_person) == (at, at is None)
    assert step.command == (None if command is None else f"sync-pipeline {command}")
