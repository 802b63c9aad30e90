"""The answer: why a record is in Virtuous as it is, in one or two sentences for a person in a hurry."""

from collections.abc import Iterator
from datetime import timedelta

from sync_pipeline.domain.life.facts import Facts
from sync_pipeline.domain.life.on_its_way import day, words_of
from sync_pipeline.domain.operation import UNSENT, Evidence, State
from sync_pipeline.domain.positions import CutState

LONG_UNREAD = timedelta(hours=36)
"""A stream is read every night: one that was not has missed one."""
OPEN = frozenset({*UNSENT, State.SENDING, State.DEAD, State.REVIEW})


def answer(facts: Facts) -> str:
    """The main reason first; then what makes it doubtful, such as a stream that is not read any more."""
    return " ".join([_reason(facts), *_remarks(facts)])


def _reason(facts: Facts) -> str:
    decisive = facts.decisive
    if facts.unplanned is not None:
        return _unplanned(facts)
    if decisive is None:
        return _without_operations(facts)
    if decisive.state in OPEN:
        return " ".join([*_gone(facts), words_of(facts, decisive)])
    if facts.pending is not None:
        return " ".join([_pending(facts), *_delivered(facts)])
    if decisive.state == State.DISCARDED:
        return f"A person said no to this value on {day(decisive.updated_at)}: it is sent when the source has another."
    gone = list(_gone(facts))
    told = list(_told(facts) if gone else _delivered(facts))
    return " ".join([*gone, *told, *_unchanged(facts)]) or "Virtuous had this value already: nothing was sent."


def _unplanned(facts: Facts) -> str:
    cut = facts.unplanned_cut
    match facts.unplanned:
        case CutState.HELD:
            return f"Held by the guard in change set {cut}: a person approves or discards it."
        case CutState.APPROVED:
            return f"A person approved change set {cut}: the next run sends it if the source still says the same."
        case _:
            return f"Change set {cut} has a change of it that is not planned yet: the next run goes on with it."


def _without_operations(facts: Facts) -> str:
    if gone := list(_gone(facts)):
        return " ".join(gone)
    if facts.pending is not None:
        return _pending(facts)
    if facts.is_unchanged:
        return "Unchanged: the mapped value equals what Virtuous acknowledged."
    return "Nothing of it was ever different from what Virtuous has."


def _gone(facts: Facts) -> Iterator[str]:
    """Why the source no longer stands for the record in Virtuous."""
    told = facts.told_deletion is not None
    if facts.is_filtered_out:
        ignored = "; `on_delete: ignore` tells Virtuous nothing" if facts.on_delete == "ignore" and not told else ""
        yield f"Filtered out by the recipe's `when` ({facts.when}){ignored}."
    elif not facts.is_there:
        why = ""
        if not told and facts.on_delete == "ignore":
            why = "; `on_delete: ignore` tells Virtuous nothing"
        elif not told and facts.last_read is not None and not facts.last_read.proven:
            why = ", which proves nothing: only a complete read does"
        yield f"The source's newest read does not have this record{why}."


def _pending(facts: Facts) -> str:
    if facts.problem is not None:
        return f"It cannot be written: {facts.problem}. The next run makes a dead letter of it."
    change = facts.pending
    groups = "" if change is None else f" ({', '.join(sorted(change.fingerprints))})"
    seen = "" if facts.row is None else f" in cut {facts.row.cut}"
    return f"The source's value{seen} differs from what Virtuous acknowledged{groups}: the next run sends it."


def _delivered(facts: Facts) -> Iterator[str]:
    operation = facts.delivered
    if operation is None or operation.accepted_at is None:
        return
    known = EVIDENCE.get(operation.evidence or "", "")
    if operation.confirmed_at is not None:
        yield f"Delivered on {day(operation.accepted_at)}{known} and confirmed on {day(operation.confirmed_at)}."
    elif operation.kind in ("contact", "gift") and operation.state == State.ACCEPTED:
        yield (
            f"Delivered on {day(operation.accepted_at)}{known}, not confirmed yet: what Virtuous accepts becomes a "
            "record with its next import."
        )
    else:
        yield f"Delivered on {day(operation.accepted_at)}{known}."


def _told(facts: Facts) -> Iterator[str]:
    """What Virtuous was told of the departure; of a record that merely is not there, what it was told before."""
    operation = facts.told_deletion
    if operation is None:
        yield from _delivered(facts)
    elif operation.accepted_at is not None:
        confirmed = "" if operation.confirmed_at is None else f", confirmed on {day(operation.confirmed_at)}"
        yield f"Virtuous was told on {day(operation.accepted_at)}{confirmed}."
    else:
        yield "It never reached Virtuous, so that nothing had to be told."


def _unchanged(facts: Facts) -> Iterator[str]:
    if facts.is_unchanged and facts.delivered is not None:
        yield "Unchanged since: the mapped value equals what Virtuous acknowledged."


def _remarks(facts: Facts) -> Iterator[str]:
    read, now = facts.last_read, facts.schedule.now
    if facts.trouble is not None:
        yield f"The newest run could not read the stream: {facts.trouble.message}"
    if read is not None and now - read.read_at > LONG_UNREAD:
        yield f"The stream has not been read since {day(read.read_at)}."
    decisive, delivered = facts.decisive, facts.delivered
    if decisive is not None and decisive.state in (State.DEAD, State.REVIEW) and delivered not in (None, decisive):
        yield f"What Virtuous has was delivered on {day(delivered.accepted_at)}."
    if facts.itself is not None and facts.itself.archived_at is not None:
        yield f"Staff archived the contact in Virtuous (seen on {day(facts.itself.archived_at)})."
    if facts.schedule.paused is not None:
        yield f"The customer is paused: {facts.schedule.paused}"


EVIDENCE = {
    Evidence.REPEAT_REFUSED.value: " (Virtuous refused its repeat, as it does with what it has)",
    Evidence.REPEAT_ACCEPTED.value: " (by a repeat, the first answer was lost)",
    Evidence.FOUND.value: " (its answer was lost, its effect was found)",
    Evidence.FOUND_THERE.value: " (Virtuous had it before anything was sent)",
}
