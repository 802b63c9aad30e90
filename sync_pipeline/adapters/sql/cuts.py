"""Cuts: each read of a stream, from its first page to its planned change set."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, text, update

from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.leases import require_lease
from sync_pipeline.adapters.sql.positions import TO_VIRTUOUS
from sync_pipeline.adapters.sql.tables import acknowledged, change_sets, positions
from sync_pipeline.adapters.sql.upsert import upsert
from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.positions import CutRow, CutState, Position, ReadSoFar
from sync_pipeline.ports import Clock

MANY_CHANGES = 1_000

# Built once: 150 polls took 9 s when each of them had its statements built anew, and take 6 to 7.6.
OF_CUSTOMER = select(change_sets).where(change_sets.c.customer_id == bindparam("customer"))
IN_STATES = OF_CUSTOMER.where(change_sets.c.state.in_(bindparam("states", expanding=True))).order_by(change_sets.c.cut)
OF_RUN = OF_CUSTOMER.where(change_sets.c.run_id == bindparam("run")).order_by(change_sets.c.cut)
NEWEST = select(func.max(change_sets.c.cut)).where(change_sets.c.customer_id == bindparam("customer"))
DIFFED = (
    select(change_sets.c.snapshot_cut)
    .where(change_sets.c.customer_id == bindparam("customer"), change_sets.c.stream == bindparam("of_stream"))
    .where(change_sets.c.state.in_([CutState.READY.value, CutState.PLANNED.value]))
    .order_by(change_sets.c.cut.desc())
    .limit(1)
)
THIS_CUT = update(change_sets).where(
    change_sets.c.customer_id == bindparam("customer"), change_sets.c.cut == bindparam("number")
)
SUPERSEDE = (
    update(change_sets)
    .where(change_sets.c.customer_id == bindparam("customer"), change_sets.c.stream == bindparam("of_stream"))
    .where(change_sets.c.state.in_(bindparam("states", expanding=True)))
    .values(state=CutState.SUPERSEDED.value)
)


class SqlCuts:
    """Records every step of a cut; each step is one transaction that checks the lease."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin_cut(
        self, lease: Lease, run_id: str, position: Position, strategy: Strategy, since: datetime | None
    ) -> CutRow:
        """Number a new read; unfinished reads of the stream are superseded by it."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            self._supersede(connection, lease.customer_id, position.stream, [CutState.READING])
            newest = connection.execute(NEWEST, {"customer": lease.customer_id}).scalar()
            cut = CutRow(
                cut=(newest or 0) + 1,
                source=position.source,
                stream=position.stream,
                run_id=run_id,
                state=CutState.READING,
                strategy=strategy,
                proven=False,
                read_started_at=self._clock.now(),
                since=since,
            )
            connection.execute(
                insert(change_sets),
                {
                    "customer_id": lease.customer_id,
                    "cut": cut.cut,
                    "source": cut.source,
                    "stream": cut.stream,
                    "run_id": run_id,
                    "state": cut.state.value,
                    "strategy": strategy.value,
                    "since": since,
                    "proven": False,
                    "source_requests": 0,
                    "source_pauses": 0,
                    "read_started_at": cut.read_started_at,
                },
            )
        return cut

    def adopt(self, lease: Lease, run_id: str, cut: int) -> None:
        """This run goes on with what another one read: from now on it counts as read by this run alone."""
        self._update(lease, cut, run_id=run_id)

    def note_reading(self, lease: Lease, cut: int, so_far: ReadSoFar) -> None:
        """Keep count of what a read brought and cost, also when it failed."""
        self._update(
            lease,
            cut,
            source_requests=so_far.requests,
            source_pauses=so_far.pauses,
            pages=so_far.pages,
            rows=so_far.records,
            total=so_far.total,
        )

    def finish_read(
        self,
        lease: Lease,
        cut: CutRow,
        *,
        proven: bool,
        rows: int,
        snapshot_cut: int | None,
        newest_modified: datetime | None,
        warning: str | None = None,
        changes_token: str | None = None,
        columns: Mapping[str, str] | None = None,
        schema_changes: Sequence[str] = (),
        short_reads: int = 0,
    ) -> None:
        """The snapshot is durable: the stream's newest one from now on. The read position stays."""
        with self._database.write() as connection:
            require_lease(connection, lease)
            self._supersede(connection, lease.customer_id, cut.stream, [CutState.READ])
            self._set(
                connection,
                lease,
                cut.cut,
                state=CutState.READ.value,
                proven=proven,
                rows=rows,
                snapshot_cut=snapshot_cut,
                newest_modified=newest_modified,
                reason=warning,
                changes_token=changes_token,
                columns=None if columns is None else dict(columns),
                schema_changes=list(schema_changes) or None,
                read_completed_at=self._clock.now(),
            )
            upsert(connection, positions, [_row(lease, cut, snapshot_cut=snapshot_cut, short_reads=short_reads)])

    def cuts(self, customer_id: str, states: Sequence[CutState]) -> list[CutRow]:
        """The customer's cuts in these states, oldest first."""
        with self._database.read() as connection:
            which = {"customer": customer_id, "states": [state.value for state in states]}
            return [_cut(row) for row in connection.execute(IN_STATES, which).mappings()]

    def cuts_of_run(self, customer_id: str, run_id: str) -> tuple[list[CutRow], int, int]:
        """The cuts of one run, with the source requests they took and the pauses a 429 made."""
        with self._database.read() as connection:
            rows = connection.execute(OF_RUN, {"customer": customer_id, "run": run_id}).mappings().all()
        return (
            [_cut(row) for row in rows],
            sum(row["source_requests"] for row in rows),
            sum(row["source_pauses"] for row in rows),
        )

    def diffed_snapshot(self, customer_id: str, stream: str) -> int | None:
        """The snapshot of the newest cut whose changes are durable."""
        with self._database.read() as connection:
            return connection.execute(DIFFED, {"customer": customer_id, "of_stream": stream}).scalar()

    def finish_diff(
        self,
        lease: Lease,
        cut: CutRow,
        counts: ChangeCounts,
        *,
        read_position: datetime | None,
        folded: tuple[int, str] | None,
        held: str | None = None,
        approved_by: str | None = None,
        nothing_new: bool = False,
    ) -> None:
        """The change set is durable: the read position moves, and a folded index takes over from the SQL rows.

        `nothing_new`: there is none, and nothing to plan.

        It covers whatever was held of the stream before. With `held` it waits for a person itself, and what was
        approved stays so; `approved_by` let it go.

        `folded` is the newest index (its cut and the mapping hash it was written under), None when none was written.
        """
        values: dict[str, object] = {} if read_position is None else {"read_position": read_position}
        state = CutState.PLANNED if nothing_new else CutState.READY if held is None else CutState.HELD
        newest = cut.newest_modified
        if newest is not None and read_position is not None:
            newest = min(newest, read_position)  # it stops short of records dated in the future; so must the checkpoint
        if cut.changes_token is not None:
            values["changes_token"] = cut.changes_token
        if cut.columns is not None:
            values["columns"] = dict(cut.columns)
        with self._database.write() as connection:
            require_lease(connection, lease)
            over = [CutState.HELD] if held is not None else [CutState.HELD, CutState.APPROVED]
            self._supersede(connection, lease.customer_id, cut.stream, over)
            if folded is not None:
                values |= {"acknowledged_cut": folded[0], "mapping_hash": folded[1]}
                connection.execute(
                    acknowledged.delete().where(
                        acknowledged.c.customer_id == lease.customer_id, acknowledged.c.stream == cut.stream
                    )
                )
            self._set(
                connection,
                lease,
                cut.cut,
                state=state.value,
                newest_modified=newest,
                held=held,
                approved_by=approved_by,
                compared_at=self._clock.now(),
                **asdict(counts),
            )
            upsert(connection, positions, [_row(lease, cut, **values)])

    def finish_planning(self, lease: Lease, cut: CutRow) -> None:
        with self._database.write() as connection:
            require_lease(connection, lease)
            self._set(connection, lease, cut.cut, state=CutState.PLANNED.value)
            if connection.dialect.name == "postgresql" and cut.counts.total >= MANY_CHANGES:
                # Its own daemon counts the rows a minute later; until then plans are made for a nearly empty ledger,
                # and moving the checkpoint over 20,000 changes takes seconds.
                connection.execute(text("ANALYZE ledger, ledger_changes"))

    def _update(self, lease: Lease, cut: int, **values: object) -> None:
        with self._database.write() as connection:
            require_lease(connection, lease)
            self._set(connection, lease, cut, **values)

    def _set(self, connection: Connection, lease: Lease, cut: int, **values: object) -> None:
        connection.execute(THIS_CUT, {"customer": lease.customer_id, "number": cut, **values})

    def _supersede(self, connection: Connection, customer_id: str, stream: str, states: Sequence[CutState]) -> None:
        which = {"customer": customer_id, "of_stream": stream, "states": [state.value for state in states]}
        connection.execute(SUPERSEDE, which)


def _row(lease: Lease, cut: CutRow, **values: object) -> dict[str, object]:
    return {
        "customer_id": lease.customer_id,
        "source": cut.source,
        "stream": cut.stream,
        "direction": TO_VIRTUOUS,
        **values,
    }


def _cut(row: RowMapping) -> CutRow:
    return CutRow(
        cut=row["cut"],
        source=row["source"],
        stream=row["stream"],
        run_id=row["run_id"],
        state=CutState(row["state"]),
        strategy=Strategy(row["strategy"]),
        proven=row["proven"],
        read_started_at=row["read_started_at"],
        read_completed_at=row["read_completed_at"],
        since=row["since"],
        so_far=ReadSoFar(
            row["source_requests"], row["source_pauses"], row["pages"] or 0, row["rows"] or 0, row["total"]
        ),
        snapshot_cut=row["snapshot_cut"],
        newest_modified=row["newest_modified"],
        rows=row["rows"] or 0,
        counts=ChangeCounts(row["creates"] or 0, row["updates"] or 0, row["deletes"] or 0, row["unchanged"] or 0),
        reason=row["reason"],
        held=row["held"],
        approved_by=row["approved_by"],
        changes_token=row["changes_token"],
        columns=row["columns"],
        schema_changes=tuple(row["schema_changes"] or ()),
        compared_at=row["compared_at"],
    )
