"""What happens to a record next: by itself and when, or by a person and how."""

from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.life.facts import Facts
from sync_pipeline.domain.life.history import OperationLife
from sync_pipeline.domain.operation import UNSENT, Evidence, State
from sync_pipeline.domain.positions import CutState


@dataclass(frozen=True, slots=True)
class NextStep:
    """`at` is when it happens by itself; `command` is what a person runs."""

    what: str
    needs_a_person: bool = False
    at: datetime | None = None
    command: str | None = None


def next_step(facts: Facts) -> NextStep:
    return _by_a_person(facts) or _by_itself(facts)


def _by_a_person(facts: Facts) -> NextStep | None:
    customer, decisive = facts.customer_id, facts.decisive
    if facts.schedule.paused is not None:
        what = "Nothing runs for this customer until a person resumes it."
        command = f"customers resume {customer} --reason 'what was mended'"
    elif facts.unplanned == CutState.HELD:
        what = "A person looks at the change set, then approves or discards it."
        command = f"change-sets show {customer} {facts.unplanned_cut}"
    elif decisive is not None and _needs_a_person(decisive):
        what = "The next value of the source takes its place; or a person replays or discards it."
        command = f"dead-letters replay {customer} {decisive.operation_id}"
    else:
        return None
    return NextStep(what, needs_a_person=True, command=f"sync-pipeline {command}")


def _by_itself(facts: Facts) -> NextStep:
    decisive, schedule = facts.decisive, facts.schedule
    if facts.unplanned is not None or facts.pending is not None:
        return _by_the_next_run(facts, "The next run plans and sends it.")
    if decisive is not None and decisive.state in (*UNSENT, State.SENDING, State.DEAD, State.REVIEW):
        return _by_the_next_run(facts, "The next run goes on with it.")
    if decisive is not None and decisive.state == State.ACCEPTED and schedule.reconciled_at is not None:
        return NextStep("The next reconciliation looks whether Virtuous shows it.", at=schedule.reconciled_at)
    return _by_the_next_run(facts, "Nothing is to be done: the next read of the stream compares it again.")


def _needs_a_person(operation: OperationLife) -> bool:
    """What is in review for its age alone keeps what it waits for, and goes on by itself."""
    is_aged = operation.state == State.REVIEW and operation.waits_for is not None
    is_over = operation.state in (State.DEAD, State.REVIEW) and not is_aged
    return is_over and operation.evidence != Evidence.REPLAYED


def _by_the_next_run(facts: Facts, what: str) -> NextStep:
    schedule = facts.schedule
    if schedule.is_at_work:
        return NextStep(f"{what} A run is at work now.", at=schedule.now)
    at = schedule.next_slot if schedule.resumes_at is None else min(schedule.resumes_at, schedule.next_slot)
    return NextStep(what, at=at, command=f"sync-pipeline run {facts.customer_id}")
