"""Dead letters and reviews: listed, planned again, or discarded by a person.

No lease is needed: nothing that a run does touches an operation in these states but superseding it, and every change
here is bound to the state it was read in.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select, update

from sync_pipeline.adapters.sql.audit import note
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.superseding import overtaken
from sync_pipeline.adapters.sql.tables import ledger, ledger_changes
from sync_pipeline.domain.dead_letters import DeadLetter, LetterFilter, Outcome
from sync_pipeline.domain.operation import NEEDS_A_PERSON, Evidence, State
from sync_pipeline.ports import Clock

STATES = sorted(state.value for state in NEEDS_A_PERSON)


class SqlDeadLetters:
    """What needs a person, of any customer. Each change is one transaction with its entry in the audit log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def letters(self, customer_id: str, wanted: LetterFilter) -> list[DeadLetter]:
        """The letters that the filter means, oldest first."""
        with self._database.read() as connection:
            return _letters(connection, customer_id, wanted)

    def replay(self, customer_id: str, wanted: LetterFilter, actor: str) -> dict[int, Outcome]:
        """Let the next run plan these again, from what the source says then; an old value is never sent.

        A letter that a newer operation of its record and field group has overtaken is over instead.
        """
        with self._database.write() as connection:
            letters = _letters(connection, customer_id, wanted)
            newer = overtaken(connection, customer_id, [letter.operation_id for letter in letters])
            # Who waits for a sign-up plans it again, as soon as the old one is over.
            over = {letter.operation_id for letter in letters if letter.stream is None} | newer
            again = [letter.operation_id for letter in letters if letter.operation_id not in over]
            self._change(connection, again, {"evidence": Evidence.REPLAYED.value})
            forgotten = dict.fromkeys(("payload", "request", "waits_for"))
            self._change(connection, sorted(over), {"state": State.SUPERSEDED.value, **forgotten})
            self._audit(connection, customer_id, actor, "replay", [letter.operation_id for letter in letters])
        return {
            letter.operation_id: Outcome.OVERTAKEN if letter.operation_id in newer else Outcome.REPLAYED
            for letter in letters
        }

    def discard(self, customer_id: str, wanted: LetterFilter, actor: str) -> dict[int, Outcome]:
        """A person says no to these values; a new value of the source is planned as usual."""
        with self._database.write() as connection:
            ids = [letter.operation_id for letter in _letters(connection, customer_id, wanted)]
            forgotten = dict.fromkeys(("evidence", "payload", "request", "waits_for"))
            self._change(connection, ids, {"state": State.DISCARDED.value, **forgotten})
            self._audit(connection, customer_id, actor, "discard", ids)
        return dict.fromkeys(ids, Outcome.DISCARDED)

    def states(self, customer_id: str, ids: Sequence[int]) -> dict[int, str]:
        """The states of operations of any kind; those the customer does not have are missing."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(ledger.c.operation_id, ledger.c.state).where(
                    ledger.c.customer_id == customer_id, ledger.c.operation_id.in_(ids)
                )
            )
            return {row.operation_id: row.state for row in rows}

    def _change(self, connection: Connection, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        for some in parts(ids):
            connection.execute(
                update(ledger)
                .where(ledger.c.operation_id.in_(some), ledger.c.state.in_(STATES))
                .values(updated_at=self._clock.now(), **values)
            )

    def _audit(self, connection: Connection, customer_id: str, actor: str, action: str, ids: Sequence[int]) -> None:
        if ids:
            operations = ", ".join(map(str, ids))
            now = self._clock.now()
            note(connection, customer_id, f"{action} dead letters", actor, f"operations {operations}", now)


def _letters(connection: Connection, customer_id: str, wanted: LetterFilter) -> list[DeadLetter]:
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in connection.execute(_selected(customer_id, wanted)):
        rows[row.operation_id].append(row)
    return [_letter(some) for some in rows.values()]


def _selected(customer_id: str, wanted: LetterFilter) -> Select[Any]:
    of_ours = and_(ledger_changes.c.operation_id == ledger.c.operation_id, ledger_changes.c.customer_id == customer_id)
    statement = (
        select(ledger, ledger_changes.c.stream, ledger_changes.c.key, ledger_changes.c.field_group)
        .outerjoin(ledger_changes, of_ours)
        .where(ledger.c.customer_id == customer_id)
        .where(ledger.c.state.in_(STATES) if wanted.state is None else ledger.c.state == wanted.state.value)
        .order_by(ledger.c.operation_id, ledger_changes.c.stream, ledger_changes.c.key, ledger_changes.c.field_group)
    )
    if wanted.ids:
        statement = statement.where(ledger.c.operation_id.in_(wanted.ids))
    for column, value in (
        (ledger.c.kind, wanted.kind),
        (ledger_changes.c.stream, wanted.stream),
        (ledger_changes.c.key, wanted.key),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.reason is not None:
        statement = statement.where(ledger.c.reason.contains(wanted.reason, autoescape=True))
    if wanted.before is not None:
        statement = statement.where(ledger.c.updated_at < wanted.before)
    return statement


def _letter(rows: Sequence[Row]) -> DeadLetter:
    first = rows[0]
    return DeadLetter(
        operation_id=first.operation_id,
        state=State(first.state),
        kind=first.kind,
        action=first.action,
        stream=first.stream,
        key=first.key,
        reference=f"{first.reference_source}/{first.reference_id}",
        groups=tuple(_each_once(row.field_group for row in rows)),
        reason=first.reason,
        attempts=first.attempts,
        since=first.updated_at,
        is_replayed=first.evidence == Evidence.REPLAYED.value,
    )


def _each_once(names: Iterable[str | None]) -> Iterable[str]:
    return dict.fromkeys(name for name in names if name is not None)
