"""What must hold whenever a process has ended, however it did."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, func, select

from sync_pipeline.adapters.sql.tables import change_sets, ledger, ledger_changes, positions, quota_events
from sync_pipeline.domain.operation import UNACCOUNTED
from sync_pipeline.domain.positions import CutState
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS

OPEN = [state.value for state in UNACCOUNTED]
UNPLANNED = [CutState.READ.value, CutState.READY.value]


def broken(engine: Engine, world: World, *, done: bool) -> list[str]:
    """What does not hold; `done`: the process said that the night is done, with nothing left."""
    with engine.connect() as connection:
        found = [*_requests_without_permit(connection, world), *_checkpoints_ahead(connection)]
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
