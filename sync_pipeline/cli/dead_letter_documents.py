"""What the `dead-letters` commands do and answer."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sync_pipeline.cli.pause_documents import person
from sync_pipeline.domain.dead_letters import DeadLetter, LetterFilter, Outcome
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.operation import NEEDS_A_PERSON, State
from sync_pipeline.workplace import Workplace

Change = Callable[[str, LetterFilter, str], Mapping[int, Outcome]]


def listed(customer_id: str, wanted: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """The first `limit` letters, and how many there are for each reason.

    Raises:
        ConfigurationError: there is no such customer, or no such state.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        letters = workplace.state.dead_letters.letters(customer.id, _filter(workplace, wanted))
        reasons = Counter(letter.reason or "no reason was kept" for letter in letters)
        return {
            "customer_id": customer.id,
            "total": len(letters),
            "reasons": [{"reason": reason, "letters": count} for reason, count in reasons.most_common()],
            "dead_letters": [letter_entry(letter) for letter in letters[:limit]],
        }
    finally:
        workplace.close()


def shown(customer_id: str, operation_id: int) -> dict[str, Any]:
    """One letter.

    Raises:
        ConfigurationError: there is no such customer, or the operation is no dead letter.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        _confirm_letters(workplace, customer.id, [operation_id])
        (letter,) = workplace.state.dead_letters.letters(customer.id, LetterFilter(ids=[operation_id]))
        return {"customer_id": customer.id, **letter_entry(letter)}
    finally:
        workplace.close()


def replayed(customer_id: str, wanted: Mapping[str, Any], *, everything: bool) -> dict[str, Any]:
    """Let the next run plan the chosen letters again.

    Raises:
        ConfigurationError: there is no such customer, nothing was chosen, or an id is no dead letter.
    """
    return _changed(customer_id, wanted, everything, lambda workplace: workplace.state.dead_letters.replay)


def discarded(customer_id: str, wanted: Mapping[str, Any], *, everything: bool) -> dict[str, Any]:
    """Say no to the chosen letters.

    Raises:
        ConfigurationError: as `replayed`.
    """
    return _changed(customer_id, wanted, everything, lambda workplace: workplace.state.dead_letters.discard)


def _changed(
    customer_id: str, wanted: Mapping[str, Any], everything: bool, change_of: Callable[[Workplace], Change]
) -> dict[str, Any]:
    workplace = Workplace()
    try:
        customer, chosen = workplace.customer(customer_id), _filter(workplace, wanted)
        if not chosen.restricts and not everything:
            raise ConfigurationError(
                "No dead letter was chosen.",
                f"Name operation ids (`sync-pipeline dead-letters list {customer_id}`), a filter such as "
                "`--reason TEXT`, or write --all.",
            )
        _confirm_letters(workplace, customer.id, chosen.ids)
        outcomes = change_of(workplace)(customer.id, chosen, person())
        return {
            "customer_id": customer.id,
            "counts": dict(Counter(outcome.value for outcome in outcomes.values())),
            "operations": [{"operation_id": number, "outcome": what.value} for number, what in outcomes.items()],
        }
    finally:
        workplace.close()


def _confirm_letters(workplace: Workplace, customer_id: str, ids: Any) -> None:
    states = workplace.state.dead_letters.states(customer_id, list(ids))
    wrong = [
        f"{number} is {states[number]}" if number in states else f"{number} does not exist"
        for number in ids
        if states.get(number) not in NEEDS_A_PERSON
    ]
    if wrong:
        raise ConfigurationError(
            f"Not among the dead letters and reviews of {customer_id}: {', '.join(wrong)}.",
            f"`sync-pipeline dead-letters list {customer_id}` names them; nothing was changed.",
        )


def _filter(workplace: Workplace, wanted: Mapping[str, Any]) -> LetterFilter:
    words = dict(wanted)
    hours = words.pop("older_than_hours", None)
    state = words.pop("state", None)
    if state is not None and state not in NEEDS_A_PERSON:
        raise ConfigurationError(f"There are no dead letters in the state {state}.", "Write --state dead or review.")
    return LetterFilter(
        **words,
        state=None if state is None else State(state),
        before=None if hours is None else workplace.clock.now() - timedelta(hours=hours),
    )


def letter_entry(letter: DeadLetter) -> dict[str, Any]:
    return {
        "operation_id": letter.operation_id,
        "state": letter.state.value,
        "kind": letter.kind,
        "action": letter.action,
        "stream": letter.stream,
        "key": letter.key,
        "reference": letter.reference,
        "field_groups": list(letter.groups),
        "reason": letter.reason,
        "attempts": letter.attempts,
        "since": letter.since.isoformat(),
        "replayed": letter.is_replayed,
    }
