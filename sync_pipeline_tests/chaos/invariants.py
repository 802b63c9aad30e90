"""What must hold whenever a process has ended, however it did."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, func, select

from sync_pipeline.adapters.sql.tables import acknowledged, change_sets, ledger, ledger_changes, positions, quota_events
from sync_pipeline.domain.operation import UNACCOUNTED, State
from sync_pipeline.domain.positions import CutState
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS

OPEN = [state.value for state in UNACCOUNTED]
UNPLANNED = [CutState.READ.value, CutState.READY.value]


def broken(engine: Engine, world: World, *, done: bool) -> list[str]:
    """What does not hold; `done`: the process said that the night is done, with nothing left."""
    with engine.connect() as connection:
        found = [
            *_requests_without_permit(connection, world),
            *_checkpoints_ahead(connection),
            *_planned_without_operations(connection),
            *_accepted_without_values(connection),
        ]
        return [*found, *_left_behind(connection)] if done else found


def _requests_without_permit(connection: Connection, world: World) -> Iterator[str]:
    """Old permits are forgotten, so they are counted by the newest number."""
    permits = connection.execute(select(func.max(quota_events.c.event_id))).scalar() or 0
    requests = sum(world.books(VIRTUOUS)["requests"].values())
    if requests > permits:
        yield f"{requests} requests with {permits} permits"


def _checkpoints_ahead(connection: Connection) -> Iterator[str]:
    """What was accounted for once, waiting or deferred, may be sent later; what never was may not be passed."""
    rows = connection.execute(
        select(ledger.c.operation_id, positions.c.stream)
        .distinct()
        .join(ledger_changes, ledger_changes.c.operation_id == ledger.c.operation_id)
        .join(positions, positions.c.stream == ledger_changes.c.stream)
        .where(ledger.c.kind.in_(["contact", "gift"]), ledger.c.action == "save", ledger.c.deferrals == 0)
        .where(ledger.c.state.in_(OPEN), ledger_changes.c.cut <= positions.c.checkpoint_cut)
    )
    for number, stream in rows:
        yield f"the checkpoint of {stream} passed the open operation {number}"
    unplanned = connection.execute(
        select(change_sets.c.cut, change_sets.c.stream)
        .join(positions, positions.c.stream == change_sets.c.stream)
        .where(change_sets.c.state.in_(UNPLANNED), change_sets.c.cut <= positions.c.checkpoint_cut)
    )
    for cut, stream in unplanned:
        yield f"the checkpoint of {stream} passed the unplanned cut {cut}"


def _planned_without_operations(connection: Connection) -> Iterator[str]:
    """The next comparison would find such changes again, if the source still has them."""
    changes = change_sets.c.creates + change_sets.c.updates + change_sets.c.deletes
    planned = (
        select(func.count(ledger_changes.c.key.distinct()))
        .where(ledger_changes.c.cut == change_sets.c.cut, ledger_changes.c.stream == change_sets.c.stream)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(change_sets.c.cut, change_sets.c.stream, changes, planned)
        .where(change_sets.c.state == CutState.PLANNED.value)
        .where(changes > planned)
    )
    for cut, stream, wanted, found in rows:
        yield f"cut {cut} of {stream} counts as planned with {found} of {wanted} changes"


def _accepted_without_values(connection: Connection) -> Iterator[str]:
    """What is not acknowledged would be sent again. A comparison moves the values that it knows into a file."""
    compared = (
        select(func.max(change_sets.c.read_completed_at))
        .where(change_sets.c.stream == ledger_changes.c.stream)
        .scalar_subquery()
    )
    its_values = (
        (acknowledged.c.stream == ledger_changes.c.stream)
        & (acknowledged.c.key == ledger_changes.c.key)
        & (acknowledged.c.field_group == ledger_changes.c.field_group)
    )
    rows = connection.execute(
        select(ledger.c.operation_id)
        .distinct()
        .join(ledger_changes, ledger_changes.c.operation_id == ledger.c.operation_id)
        .outerjoin(acknowledged, its_values)
        .where(ledger.c.state == State.ACCEPTED.value, ledger.c.accepted_at > compared)
        .where(acknowledged.c.operation_id.is_(None) | (acknowledged.c.operation_id < ledger.c.operation_id))
    )
    for number in rows.scalars():
        yield f"operation {number} is accepted, and its values are not acknowledged"


def _left_behind(connection: Connection) -> Iterator[str]:
    """A night that is done has planned all it read, and its checkpoint says so."""
    unplanned = select(change_sets.c.cut, change_sets.c.stream).where(change_sets.c.state.in_(UNPLANNED))
    for cut, stream in connection.execute(unplanned):
        yield f"cut {cut} of {stream} is not planned, and the night is done"
    if connection.execute(select(func.count()).where(ledger.c.state.in_(OPEN))).scalar():
        return
    newest = (
        select(func.max(change_sets.c.cut))
        .where(change_sets.c.stream == positions.c.stream, change_sets.c.state == CutState.PLANNED.value)
        .scalar_subquery()
    )
    for stream, reached, planned in connection.execute(select(positions.c.stream, positions.c.checkpoint_cut, newest)):
        if planned is not None and reached != planned:
            yield f"the checkpoint of {stream} is at cut {reached} of {planned}, and the night is done"


class DoubtFirst:
    """Where nothing goes wrong, what was in doubt is settled before anything new is sent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        resent = (ledger.c.kind.in_(["contact", "gift"]), ledger.c.action == "save")
        with engine.connect() as connection:
            self._doubted = set(
                connection.execute(
                    select(ledger.c.operation_id).where(ledger.c.state == State.SENDING.value, *resent)
                ).scalars()
            )
            self._before = connection.execute(select(func.max(ledger.c.attempted_at))).scalar()

    def broken(self) -> Iterator[str]:
        if not self._doubted or self._before is None:
            return
        with self._engine.connect() as connection:
            settled = connection.execute(
                select(func.max(ledger.c.accepted_at)).where(ledger.c.operation_id.in_(self._doubted))
            ).scalar()
            if settled is None:
                return
            sent_before = connection.execute(
                select(ledger.c.operation_id)
                .where(ledger.c.operation_id.not_in(self._doubted), ledger.c.attempts == 1)
                .where(ledger.c.attempted_at > self._before, ledger.c.attempted_at < settled)
            ).scalars()
            for number in sent_before:
                yield f"operation {number} was sent before the doubt of another process was settled"
