"""The life of one record as the state store remembers it; nothing here writes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, and_, select

from sync_pipeline.adapters.sql.claiming import PERMITS_SEPARATOR
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import (
    acknowledged,
    change_sets,
    crm_ids,
    ledger,
    ledger_changes,
    quota_events,
    runs,
)
from sync_pipeline.domain.life.history import (
    AcknowledgedValue,
    Attempt,
    History,
    KnownRead,
    NamedRecord,
    OperationLife,
    Place,
    RecordedChange,
)
from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.positions import CutState

FINISHED = [state.value for state in CutState if state != CutState.READING]


class SqlHistories:
    """Implements `ports.Histories`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(self, customer_id: str, stream: str, key: str) -> History:
        """Every change of a record, every operation it led to, and every attempt of these."""
        with self._database.read() as connection:
            rows = _changes(connection, customer_id, stream, key)
            attempts = _attempts(connection, customer_id, [row.permits for row in rows])
            fellows = _fellows(connection, customer_id, rows)
            return History(
                changes=_recorded(rows),
                operations=_operations(rows, attempts, fellows),
                acknowledged=_acknowledged(connection, customer_id, stream, key),
            )

    def reads(self, customer_id: str, stream: str, cuts: Collection[int]) -> dict[int, KnownRead]:
        """These cuts and the newest one of the stream, as far as they were read to their end."""
        finished = (
            select(change_sets)
            .where(change_sets.c.customer_id == customer_id, change_sets.c.stream == stream)
            .where(change_sets.c.read_completed_at.is_not(None), change_sets.c.state.in_(FINISHED))
        )
        with self._database.read() as connection:
            newest = connection.execute(finished.order_by(change_sets.c.cut.desc()).limit(1)).all()
            named = connection.execute(finished.where(change_sets.c.cut.in_(sorted(cuts)))).all()
        return {row.cut: _read(row) for row in [*named, *newest]}

    def newest_run(self, customer_id: str) -> RowMapping | None:
        """The row of the run that began last."""
        statement = select(runs).where(runs.c.customer_id == customer_id)
        with self._database.read() as connection:
            found = connection.execute(statement.order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(1))
            return found.mappings().one_or_none()

    def places(self, customer_id: str, needs: Collection[Need]) -> dict[Need, Place]:
        """What is known of the records behind these references."""
        with self._database.read() as connection:
            return {need: _place(connection, customer_id, need) for need in needs}

    def contacts(self, customer_id: str, crm_id: int) -> list[Place]:
        """The references that stand for this contact of Virtuous; several when staff merged people."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(crm_ids)
                .where(crm_ids.c.customer_id == customer_id, crm_ids.c.kind == "contact", crm_ids.c.crm_id == crm_id)
                .order_by(crm_ids.c.reference_source, crm_ids.c.reference_id)
            ).all()
            needs = [Need(row.kind, row.reference_source, row.reference_id) for row in rows]
            return [_place(connection, customer_id, need) for need in needs]

    def records_of(self, customer_id: str, need: Need) -> list[NamedRecord]:
        """The records of any stream that were planned under this reference."""
        with self._database.read() as connection:
            return _records(connection, customer_id, need)

    def hanging_on(self, customer_id: str, crm_id: int, kinds: Collection[str]) -> list[NamedRecord]:
        """Records of these kinds (gift, note) that Virtuous keeps below this contact."""
        statement = (
            select(crm_ids)
            .where(crm_ids.c.customer_id == customer_id, crm_ids.c.kind.in_(sorted(kinds)))
            .where(crm_ids.c.part_id == crm_id)
            .order_by(crm_ids.c.kind, crm_ids.c.reference_source, crm_ids.c.reference_id)
        )
        with self._database.read() as connection:
            found = connection.execute(statement).all()
            needs = [Need(row.kind, row.reference_source, row.reference_id) for row in found]
            return [record for need in needs for record in _records(connection, customer_id, need)]

    def newest_states(self, customer_id: str, stream: str, keys: Sequence[str]) -> dict[str, NamedRecord]:
        """The newest operation of each of these keys."""
        statement = _with_record(customer_id).where(ledger_changes.c.stream == stream).order_by(ledger.c.operation_id)
        found: dict[str, NamedRecord] = {}
        with self._database.read() as connection:
            for some in parts(keys):
                rows = connection.execute(statement.where(ledger_changes.c.key.in_(some))).all()
                found |= {row.key: _named(row) for row in rows}
        return found


def _changes(connection: Connection, customer_id: str, stream: str, key: str) -> Sequence[Row[Any]]:
    """One row per operation and field group."""
    of_cut = and_(change_sets.c.customer_id == customer_id, change_sets.c.cut == ledger_changes.c.cut)
    statement = (
        select(ledger, ledger_changes.c.field_group, ledger_changes.c.fingerprint, ledger_changes.c.cut)
        .add_columns(ledger_changes.c.kind.label("change"), change_sets.c.read_completed_at)
        .add_columns(change_sets.c.state.label("cut_state"))
        .join(ledger_changes, ledger_changes.c.operation_id == ledger.c.operation_id)
        .outerjoin(change_sets, of_cut)
        .where(ledger_changes.c.customer_id == customer_id, ledger.c.customer_id == customer_id)
        .where(ledger_changes.c.stream == stream, ledger_changes.c.key == key)
        .order_by(ledger.c.operation_id, ledger_changes.c.field_group)
    )
    return connection.execute(statement).all()


def _numbers(permits: str | None) -> list[int]:
    return [] if permits is None else [int(number) for number in permits.split(PERMITS_SEPARATOR)]


def _attempts(connection: Connection, customer_id: str, permits: Iterable[str | None]) -> dict[int, list[Attempt]]:
    """By permit, the request it was taken for and those that followed in the same batch."""
    numbers = sorted({number for one in permits for number in _numbers(one)})
    first = quota_events.alias("first")
    same_batch = and_(
        quota_events.c.customer_id == first.c.customer_id,
        quota_events.c.run_id == first.c.run_id,
        quota_events.c.batch_id == first.c.batch_id,
    )
    statement = (
        select(first.c.event_id.label("permit"), quota_events)
        .join(quota_events, same_batch)
        .where(first.c.customer_id == customer_id)
        .order_by(quota_events.c.event_id)
    )
    found: dict[int, list[Attempt]] = defaultdict(list)
    for some in parts(numbers):
        for row in connection.execute(statement.where(first.c.event_id.in_(some))):
            attempt = Attempt(row.at, row.endpoint, row.batch_id, row.trace_id, row.run_id, row.outcome, row.status)
            found[row.permit].append(attempt)
    return found


def _fellows(connection: Connection, customer_id: str, rows: Sequence[Row[Any]]) -> dict[int, list[int]]:
    """By permit, the operations of the same reference that left with it: only these travel in one row."""
    references = {(row.kind, row.reference_source, row.reference_id) for row in rows if row.permits is not None}
    found: dict[int, list[int]] = defaultdict(list)
    for kind, source, reference in references:
        statement = (
            select(ledger.c.operation_id, ledger.c.permits)
            .where(ledger.c.customer_id == customer_id, ledger.c.reference_source == source)
            .where(ledger.c.reference_id == reference, ledger.c.kind == kind, ledger.c.permits.is_not(None))
            .order_by(ledger.c.operation_id)
        )
        for operation_id, permits in connection.execute(statement):
            for number in _numbers(permits):
                found[number].append(operation_id)
    return found


def _recorded(rows: Sequence[Row[Any]]) -> list[RecordedChange]:
    by_cut: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_cut[row.cut].append(row)
    return [
        RecordedChange(
            cut=cut,
            read_at=some[0].read_completed_at,
            kind=some[0].change,
            groups=sorted({row.field_group for row in some}),
            run_id=some[0].run_id,
            operations=list(dict.fromkeys(row.operation_id for row in some)),
            state=CutState(some[0].cut_state or CutState.PLANNED),
        )
        for cut, some in sorted(by_cut.items())
    ]


def _operations(
    rows: Sequence[Row[Any]], attempts: Mapping[int, Sequence[Attempt]], fellows: Mapping[int, Sequence[int]]
) -> list[OperationLife]:
    by_operation: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_operation[row.operation_id].append(row)
    return [_operation(some, attempts, fellows) for some in by_operation.values()]


def _operation(
    rows: Sequence[Row[Any]], attempts: Mapping[int, Sequence[Attempt]], fellows: Mapping[int, Sequence[int]]
) -> OperationLife:
    first, permits = rows[0], _numbers(rows[0].permits)
    together = {other for number in permits for other in fellows.get(number, ())}
    return OperationLife(
        operation_id=first.operation_id,
        kind=first.kind,
        action=first.action,
        state=State(first.state),
        reference=Need(first.kind, first.reference_source, first.reference_id),
        change=first.change,
        cut=first.cut,
        fingerprints={row.field_group: row.fingerprint for row in rows},
        run_id=first.run_id,
        endpoint=first.endpoint,
        planned_at=first.planned_at,
        updated_at=first.updated_at,
        waits_for=first.waits_for,
        reason=first.reason,
        evidence=first.evidence,
        deferrals=first.deferrals,
        attempts_made=first.attempts,
        attempts=[attempt for number in permits for attempt in attempts.get(number, ())],
        travelled_with=sorted(together - {first.operation_id}),
        accepted_at=first.accepted_at,
        confirmed_at=first.confirmed_at,
        finished_in=first.finished_in,
    )


def _acknowledged(connection: Connection, customer_id: str, stream: str, key: str) -> dict[str, AcknowledgedValue]:
    rows = connection.execute(
        select(acknowledged).where(
            acknowledged.c.customer_id == customer_id, acknowledged.c.stream == stream, acknowledged.c.key == key
        )
    )
    return {row.field_group: AcknowledgedValue(row.fingerprint, row.operation_id, row.acknowledged_at) for row in rows}


def _read(row: Row[Any]) -> KnownRead:
    return KnownRead(row.cut, CutState(row.state), row.run_id, row.read_completed_at, row.proven, row.snapshot_cut)


def _place(connection: Connection, customer_id: str, need: Need) -> Place:
    known = connection.execute(
        select(crm_ids)
        .where(crm_ids.c.customer_id == customer_id, crm_ids.c.kind == need.kind)
        .where(crm_ids.c.reference_source == need.source, crm_ids.c.reference_id == need.reference)
    ).one_or_none()
    newest = connection.execute(
        select(ledger.c.operation_id, ledger.c.state, ledger.c.accepted_at, ledger.c.updated_at)
        .where(ledger.c.customer_id == customer_id, ledger.c.kind == need.kind)
        .where(ledger.c.reference_source == need.source, ledger.c.reference_id == need.reference)
        .where(ledger.c.state != State.SUPERSEDED.value)
        .order_by(ledger.c.operation_id.desc())
        .limit(1)
    ).one_or_none()
    ids = CrmId(0) if known is None else CrmId(known.crm_id, known.part_id)
    return Place(
        need=need,
        crm_id=ids.crm_id if known is not None else None,
        part_id=ids.part_id,
        archived_at=None if known is None else known.archived_at,
        operation_id=None if newest is None else newest.operation_id,
        state=None if newest is None else State(newest.state),
        since=None if newest is None else newest.accepted_at or newest.updated_at,
    )


def _with_record(customer_id: str) -> Any:
    """Operations with their record and what Virtuous calls it."""
    known = and_(
        crm_ids.c.customer_id == ledger.c.customer_id,
        crm_ids.c.kind == ledger.c.kind,
        crm_ids.c.reference_source == ledger.c.reference_source,
        crm_ids.c.reference_id == ledger.c.reference_id,
    )
    return (
        select(ledger_changes.c.stream, ledger_changes.c.key, ledger.c.kind, ledger.c.reference_source)
        .add_columns(ledger.c.reference_id, ledger.c.state, ledger.c.operation_id, crm_ids.c.crm_id)
        .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
        .outerjoin(crm_ids, known)
        .where(ledger_changes.c.customer_id == customer_id, ledger.c.customer_id == customer_id)
    )


def _records(connection: Connection, customer_id: str, need: Need) -> list[NamedRecord]:
    rows = connection.execute(
        _with_record(customer_id)
        .where(ledger.c.kind == need.kind, ledger.c.reference_source == need.source)
        .where(ledger.c.reference_id == need.reference)
        .order_by(ledger.c.operation_id)
    ).all()
    return list({(row.stream, row.key): _named(row) for row in rows}.values())


def _named(row: Row[Any]) -> NamedRecord:
    need = Need(row.kind, row.reference_source, row.reference_id)
    return NamedRecord(row.stream, row.key, need, State(row.state), row.crm_id)
