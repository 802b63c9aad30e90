"""What keeps an operation that is not over, in a sentence."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sync_pipeline.domain.answer import Outcome
from sync_pipeline.domain.life.facts import Facts
from sync_pipeline.domain.life.history import OperationLife, Place
from sync_pipeline.domain.operation import Evidence, State
from sync_pipeline.domain.records.kind import CORE

REFUSALS = frozenset({Outcome.REFUSED, Outcome.TOO_LARGE, Outcome.UNAUTHORIZED})


def words_of(facts: Facts, operation: OperationLife) -> str:
    if operation.evidence == Evidence.REPLAYED:
        return f"A person wants operation {operation.operation_id} planned again: the next run does so."
    return WORDS[operation.state](facts, operation)


def day(moment: datetime | None) -> str:
    return "an unknown day" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _dead(facts: Facts, operation: OperationLife) -> str:
    del facts
    last = operation.attempts[-1] if operation.attempts else None
    part = "" if CORE in operation.fingerprints else f" ({', '.join(sorted(operation.fingerprints))})"
    name = f"dead letter {operation.operation_id}{part}"
    since = day(operation.updated_at)
    if operation.attempts_made == 0:
        return f"Not sent on {since}, because {operation.reason}: {name}. Correct it at the source."
    refused = last is None or last.outcome in REFUSALS
    what = "Refused by Virtuous" if refused else f"Given up after {_times(operation.attempts_made)}"
    return f"{what} on {since} ({operation.reason}): {name}. Correct it at the source, or replay it."


def _review(facts: Facts, operation: OperationLife) -> str:
    del facts
    since = day(operation.updated_at)
    if operation.accepted_at is None:
        return f"For a person to see since {since}: {operation.reason} (review {operation.operation_id})."
    return (
        f"Virtuous accepted it on {day(operation.accepted_at)} and does not have it as it was sent: {operation.reason} "
        f"(review {operation.operation_id} since {since})."
    )


def _waiting(facts: Facts, operation: OperationLife) -> str:
    place = facts.places.get(operation.waits_for or "")
    since = day(operation.planned_at)
    if place is not None and place.need == operation.reference:
        return f"Waits to be found in Virtuous ({operation.waits_for}) since {since}."
    return f"Waits for the {operation.waits_for} since {since}{'' if place is None else _why_missing(place)}."


def _why_missing(place: Place) -> str:
    """What keeps away what an operation waits for."""
    if place.need.kind in OF_VIRTUOUS:
        return OF_VIRTUOUS[place.need.kind]
    if place.archived_at is not None:
        return f", which staff archived before {day(place.archived_at)}"
    if place.crm_id is not None:
        return ", which is there: the next run sends it"
    if place.state in (State.ACCEPTED, State.CONFIRMED):
        return f" to be imported: Virtuous accepted it on {day(place.since)}"
    if place.state is None:
        return ", of which no stream of this customer has sent anything"
    needs_a_person = ", and needs a person" if place.state in (State.DEAD, State.REVIEW) else ""
    return f", which is {place.state} itself (operation {place.operation_id}{needs_a_person})"


def _deferred(facts: Facts, operation: OperationLife) -> str:
    del facts
    return f"Deferred on {day(operation.updated_at)} ({operation.reason}): the next run sends it first."


def _sending(facts: Facts, operation: OperationLife) -> str:
    sent = day(operation.attempts[-1].at if operation.attempts else operation.updated_at)
    if facts.schedule.is_at_work:
        return f"Sent on {sent}; the run that is at work waits for the answer, or finds out whether it arrived."
    return f"Sent on {sent}, and no answer is known: the next run finds out first whether it arrived."


def _planned(facts: Facts, operation: OperationLife) -> str:
    del facts
    tried = f", after {_times(operation.attempts_made)}" if operation.attempts_made else ""
    return f"Planned on {day(operation.planned_at)} and not sent yet{tried}."


def _times(attempts: int) -> str:
    return f"{attempts} attempt{'' if attempts == 1 else 's'}"


WORDS: Mapping[State, Callable[[Facts, OperationLife], str]] = {
    State.DEAD: _dead,
    State.REVIEW: _review,
    State.WAITING: _waiting,
    State.DEFERRED: _deferred,
    State.SENDING: _sending,
    State.PLANNED: _planned,
}
OF_VIRTUOUS = {
    "volunteer": ": the person is signed up for the opportunity first",
    "individual": ": several people are on that contact, and none is clearly this one; staff mend the names",
}
