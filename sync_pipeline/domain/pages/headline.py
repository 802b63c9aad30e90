"""The first sentence of a run's page: what happened, and whether anybody has to do something about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sync_pipeline.domain.operation import LEFT_OVER, State
from sync_pipeline.domain.pages.facts import StoredRun
from sync_pipeline.domain.pages.words import counted, listed, moment
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.domain.positions import CutRow
from sync_pipeline.domain.run import RunStatus

NOBODY = "nobody has to do anything"
DECIDE = "Look at it, then agree to it or say no:"


class Tone(StrEnum):
    """Of what a page says, and of what it marks with a colour."""

    GOOD = "good"
    GOES_ON = "goes-on"
    PERSON = "person"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Todo:
    """Something a person has to do, with the commands for it; `text` may have code between backticks."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    tone: Tone
    sentence: str
    todos: tuple[Todo, ...] = ()


def headline(
    run: StoredRun, operations: Mapping[str, int], held: Sequence[CutRow], breaker: Breaker, now: datetime
) -> Headline:
    """`operations` are all of the customer's by state, `held` its change sets that a person has to decide about."""
    customer = run.run.customer_id
    todos = (*_held(customer, held), *_letters(customer, operations))
    match run.status:
        case RunStatus.FAILED:
            return Headline(Tone.BAD, _failed(run, breaker, now), (*_mend(run, breaker, now), *todos))
        case RunStatus.PAUSED:
            reason = f": {breaker.reason}" if breaker.reason else ""
            return Headline(
                Tone.PERSON, f"Nothing was done, because this customer is paused{reason}.", (_resume(customer), *todos)
            )
        case RunStatus.CONTINUED:
            return Headline(Tone.GOOD, f"{_changes(run.report)}; a later run took over what this one had left.")
        case RunStatus.PARKED:
            goes_on = f"the run is parked and goes on by itself{_when(run.report)}"
            tone = Tone.PERSON if todos else Tone.GOES_ON
            return Headline(
                tone, f"{_changes(run.report)}; {goes_on}{_needed(operations, held, f', {NOBODY}')}.", todos
            )
        case _:
            left = any(operations.get(state, 0) for state in LEFT_OVER)
            rest = f"; the rest goes on by itself, {NOBODY}" if left else f"; {NOBODY}"
            tone = Tone.PERSON if todos else Tone.GOES_ON if left else Tone.GOOD
            return Headline(tone, f"{_changes(run.report)}{_needed(operations, held, rest)}.", todos)


def _changes(report: Mapping[str, Any]) -> str:
    """`38 of 40 changes were delivered, 1 waits for something in Virtuous and 1 was refused for good`."""
    total, delivered = report["total_changes"], report["successes"]
    carried = report.get("carried", 0)
    finished = [f"{counted(carried, 'change')} of earlier runs {_was(carried)} finished"] if carried else []
    if total == 0:
        return listed(["Nothing had changed", *finished])
    begin = (
        f"All {counted(total, 'change')} were delivered"
        if delivered == total > 1
        else "The only change was delivered"
        if delivered == total
        else f"{delivered:,} of {counted(total, 'change')} {_was(delivered)} delivered"
    )
    rest = [
        f"{report[name]:,} {one if report[name] == 1 else many}"
        for name, one, many in (
            ("failures", "was refused for good", "were refused for good"),
            ("waiting", "waits for something in Virtuous", "wait for something in Virtuous"),
            ("deferred", "was refused for now", "were refused for now"),
            ("pending", "is not sent yet", "are not sent yet"),
            ("held", "is held", "are held"),
            ("superseded", "was overtaken", "were overtaken"),
        )
        if report[name]
    ]
    return listed([begin, *rest, *finished])


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _when(report: Mapping[str, Any]) -> str:
    return f" at {moment(datetime.fromisoformat(report['resume_at']))}" if report["resume_at"] else ""


def _needed(operations: Mapping[str, int], held: Sequence[CutRow], otherwise: str) -> str:
    dead, review = operations.get(State.DEAD, 0), operations.get(State.REVIEW, 0)
    needed = [
        *([counted(len(held), "held change set")] if held else []),
        *([counted(dead, "dead letter")] if dead else []),
        *([counted(review, "review")] if review else []),
    ]
    one = len(held) + dead + review == 1
    return f"; {listed(needed)} {'needs' if one else 'need'} a person" if needed else otherwise


def _failed(run: StoredRun, breaker: Breaker, now: datetime) -> str:
    failures = run.report["stage_failures"]
    subjects = listed(list(dict.fromkeys(failure["subject"] for failure in failures)))
    why = f" in {subjects}: {failures[0]['message'].rstrip('.')}" if failures else ""
    paused = " The customer is paused now." if breaker.is_paused(now) else ""
    return f"The run failed{why}.{paused} Nothing is lost: the next run goes on with all of it."


def _mend(run: StoredRun, breaker: Breaker, now: datetime) -> tuple[Todo, ...]:
    customer = run.run.customer_id
    remedies = dict.fromkeys(failure["remedy"] for failure in run.report["stage_failures"])
    again = (
        _resume(customer)
        if breaker.is_paused(now)
        else Todo("The next night tries again; to try sooner:", (f"sync-pipeline run {customer}",))
    )
    return (*(Todo(remedy) for remedy in remedies), again)


def _resume(customer: str) -> Todo:
    return Todo(
        "Once the cause is mended, let it go on:",
        (f"sync-pipeline customers resume {customer} --reason 'what was mended'",),
    )


def _held(customer: str, held: Sequence[CutRow]) -> tuple[Todo, ...]:
    return tuple(
        Todo(
            f"Change set {cut.cut} of {cut.stream} is held, nothing of it was sent: {cut.held}. {DECIDE}",
            tuple(f"sync-pipeline change-sets {verb} {customer} {cut.cut}" for verb in ("show", "approve", "discard")),
        )
        for cut in held
    )


def _letters(customer: str, operations: Mapping[str, int]) -> tuple[Todo, ...]:
    """Whichever run they come from: a quiet night does not make them go away."""
    dead, review = operations.get(State.DEAD, 0), operations.get(State.REVIEW, 0)
    told = []
    if dead:
        text = f"{counted(dead, 'dead letter')}: correct the records at the source, or replay or discard them."
        told.append(Todo(text, (f"sync-pipeline dead-letters list {customer}",)))
    if review:
        text = (
            f"{counted(review, 'review')}: Virtuous should have these and does not show them, or they waited too long."
        )
        told.append(Todo(text, (f"sync-pipeline dead-letters list {customer} --state review",)))
    return tuple(told)
