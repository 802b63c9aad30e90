"""Positions: how far each stream is read, acknowledged and accounted for."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, and_, bindparam, case, func, select, update

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.parts import parts
from sync_pipeline.adapters.sql.tables import acknowledged, change_sets, ledger, ledger_changes, positions
from sync_pipeline.domain.diff import Acknowledged
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.operation import STANDING, UNACCOUNTED, Evidence
from sync_pipeline.domain.positions import CutState, Position
from sync_pipeline.domain.standing import Standing
from sync_pipeline.ports import Clock

TO_VIRTUOUS = "to_virtuous"
UNPLANNED = (CutState.READ, CutState.READY, CutState.HELD, CutState.APPROVED)
NO_CUT = 2**31 - 1  # newer than any

# Built once, as in cuts.py.
THIS_STREAM = and_(
    positions.c.customer_id == bindparam("customer"),
    positions.c.source == bindparam("of_source"),
    positions.c.stream == bindparam("of_stream"),
    positions.c.direction == TO_VIRTUOUS,
)
POSITION = select(positions).where(THIS_STREAM)
MOVE = update(positions).where(THIS_STREAM)
MY_CUTS = and_(change_sets.c.customer_id == bindparam("customer"), change_sets.c.stream == bindparam("of_stream"))
FIRST_UNACCOUNTED = (
    select(func.min(ledger_changes.c.cut))
    .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
    .where(ledger_changes.c.customer_id == bindparam("customer"), ledger_changes.c.stream == bindparam("of_stream"))
    .where(ledger.c.customer_id == bindparam("customer"))
    .where(ledger.c.state.in_([state.value for state in UNACCOUNTED]))
)
FIRST_UNPLANNED = select(func.min(change_sets.c.cut)).where(
    MY_CUTS, change_sets.c.state.in_([state.value for state in UNPLANNED])
)
PLANNED = and_(MY_CUTS, change_sets.c.state == CutState.PLANNED.value)
NEWEST_BEFORE = (
    select(change_sets)
    .where(PLANNED, change_sets.c.cut < bindparam("first_open"))
    .order_by(change_sets.c.cut.desc())
    .limit(1)
)
REACHED = select(func.max(change_sets.c.newest_modified)).where(PLANNED, change_sets.c.cut <= bindparam("newest"))


class SqlPositions:
    """Reads and moves the positions of a customer's streams; every move checks the lease."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def position(self, customer_id: str, source: str, stream: str) -> Position:
        """The stream's position; a stream never read has an empty one."""
        with self._database.read() as connection:
            which = {"customer": customer_id, "of_source": source, "of_stream": stream}
            row = connection.execute(POSITION, which).mappings().one_or_none()
        if row is None:
            return Position(source, stream)
        return Position(**{name: row[name] for name in Position.__dataclass_fields__})

    def acknowledged_since_fold(self, customer_id: str, stream: str) -> list[Acknowledged]:
        """What Virtuous acknowledged since the index was folded, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(
                    acknowledged.c.key, acknowledged.c.field_group, acknowledged.c.fingerprint, acknowledged.c.row_hash
                )
                .where(acknowledged.c.customer_id == customer_id, acknowledged.c.stream == stream)
                .order_by(acknowledged.c.operation_id)
            ).all()
        return [Acknowledged(*row) for row in rows]

    def standing(self, customer_id: str, stream: str) -> dict[tuple[str, str], Standing]:
        """The newest operation per key and field group that is not over: open, dead, in review or discarded."""
        statement = (
            select(
                ledger_changes.c.key,
                ledger_changes.c.field_group,
                case((ledger.c.evidence == Evidence.REPLAYED.value, ""), else_=ledger_changes.c.fingerprint).label(
                    "fingerprint"
                ),
                ledger.c.state,
            )
            .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
            .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.stream == stream)
            .where(ledger.c.customer_id == customer_id, ledger.c.state.in_([state.value for state in STANDING]))
            .order_by(ledger.c.operation_id)
        )
        with self._database.read() as connection:
            return {
                (row.key, row.field_group): Standing(row.fingerprint, row.state)
                for row in connection.execute(statement)
            }

    def references(self, customer_id: str, stream: str, keys: Sequence[str]) -> dict[str, str]:
        """The reference id each key was last sent under; the one it was last planned under if it never left."""
        statement = (
            select(ledger_changes.c.key, ledger.c.reference_id)
            .join(ledger, ledger.c.operation_id == ledger_changes.c.operation_id)
            .where(ledger_changes.c.customer_id == customer_id, ledger_changes.c.stream == stream)
            .where(ledger.c.customer_id == customer_id)
            .order_by(ledger.c.attempts > 0, ledger.c.operation_id)
        )
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for some in parts(keys):
                rows = connection.execute(statement.where(ledger_changes.c.key.in_(some)))
                found |= {row.key: row.reference_id for row in rows}
        return found

    def move_checkpoints(self, lease: Lease, run_id: str) -> None:
        """Move every stream's checkpoint as far as its changes are accounted for."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            for row in connection.execute(
                select(positions).where(positions.c.customer_id == lease.customer_id)
            ).mappings():
                self._move_checkpoint(connection, lease.customer_id, run_id, row)

    def _move_checkpoint(self, connection: Connection, customer_id: str, run_id: str, row: RowMapping) -> None:
        which = {"customer": customer_id, "of_stream": row["stream"]}
        blocking_cut = connection.execute(FIRST_UNACCOUNTED, which).scalar()
        unplanned_cut = connection.execute(FIRST_UNPLANNED, which).scalar()
        first_open = min((cut for cut in (blocking_cut, unplanned_cut) if cut is not None), default=None)
        before = {"first_open": NO_CUT if first_open is None else first_open}
        newest = connection.execute(NEWEST_BEFORE, which | before).mappings().one_or_none()
        if newest is None:
            return
        reached = connection.execute(REACHED, which | {"newest": newest["cut"]}).scalar()
        known = [moment for moment in (reached, row["checkpoint"]) if moment is not None]
        # A deferred operation that is tried again is open again: what was accounted for stays so.
        values = {
            "checkpoint_cut": max(newest["cut"], row["checkpoint_cut"] or 0),
            "checkpoint": max(known, default=None),
        }
        if first_open is None:
            values |= {"accounted_at": newest["read_completed_at"]}
        values |= {"last_run_id": run_id, "last_run_completed_at": self._clock.now()}
        connection.execute(MOVE, which | {"of_source": row["source"]} | values)
