"""Stand-ins for the state store: a plan's own cuts and operations live in memory, on top of what is stored."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from sync_pipeline.domain.change import ChangeCounts
from sync_pipeline.domain.cut import Strategy
from sync_pipeline.domain.diff import Acknowledged
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.operation import REPLACEABLE, PlannedOperation, State
from sync_pipeline.domain.positions import CutRow, CutState, Position, ReadSoFar
from sync_pipeline.domain.standing import Standing
from sync_pipeline.ports import Clock, Cuts, Positions


@dataclass(frozen=True, slots=True)
class NoLease:
    """Implements `ports.LeaseKeeper`: who writes nothing needs no lease. No store accepts its token."""

    lease: Lease

    def require(self, seconds: float) -> None:
        """Nothing a plan starts can outlast a lease."""


class ScratchCuts:
    """Implements `ports.Cuts`: numbers cuts on from the stored ones and remembers them in memory."""

    def __init__(self, stored: Cuts, customer_id: str, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock
        known = stored.cuts(customer_id, list(CutState))
        self._numbers = count(1 + max((cut.cut for cut in known), default=0))
        self._read: dict[str, CutRow] = {}

    def newest(self, stream: str) -> CutRow:
        """The finished read of this plan.

        Raises:
            KeyError: the stream was not read to its end.
        """
        return self._read[stream]

    def begin_cut(
        self,
        lease: Lease,  # noqa: ARG002 - the port's
        run_id: str,
        position: Position,
        strategy: Strategy,
        since: datetime | None,  # noqa: ARG002 - the port's
    ) -> CutRow:
        return CutRow(
            cut=next(self._numbers),
            source=position.source,
            stream=position.stream,
            run_id=run_id,
            state=CutState.READING,
            strategy=strategy,
            proven=False,
            read_started_at=self._clock.now(),
        )

    def adopt(self, lease: Lease, run_id: str, cut: int) -> None:
        """A plan goes on with no read."""

    def note_reading(self, lease: Lease, cut: int, so_far: ReadSoFar) -> None:
        """Kept by nobody: the read itself answers what it took."""

    def finish_read(
        self,
        lease: Lease,  # noqa: ARG002 - the port's
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
        del short_reads  # a plan is no read of a run
        self._read[cut.stream] = replace(
            cut,
            state=CutState.READ,
            proven=proven,
            rows=rows,
            snapshot_cut=snapshot_cut,
            newest_modified=newest_modified,
            reason=warning,
            changes_token=changes_token,
            columns=columns,
            schema_changes=schema_changes,
        )

    def cuts(self, customer_id: str, states: Sequence[CutState]) -> list[CutRow]:
        """What a run is reading is not there for a plan, which reads for itself."""
        return self._stored.cuts(customer_id, [state for state in states if state != CutState.READING])

    def cuts_of_run(self, customer_id: str, run_id: str) -> tuple[list[CutRow], int, int]:
        return self._stored.cuts_of_run(customer_id, run_id)

    def diffed_snapshot(self, customer_id: str, stream: str) -> int | None:
        return self._stored.diffed_snapshot(customer_id, stream)

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
        """A plan makes no change set."""

    def finish_planning(self, lease: Lease, cut: CutRow) -> None:
        """A plan's operations never reach the ledger."""


class ScratchPositions:
    """Implements `ports.Positions`: the stored ones, as they will be once more operations are in the ledger."""

    def __init__(self, stored: Positions) -> None:
        self._stored = stored
        self._planned: defaultdict[str, list[list[PlannedOperation]]] = defaultdict(list)

    def plan(self, stream: str, operations: Iterable[PlannedOperation]) -> None:
        """Let the operations of one change stand for its record, superseded ones included; the oldest change first."""
        self._planned[stream].append(list(operations))

    def position(self, customer_id: str, source: str, stream: str) -> Position:
        return self._stored.position(customer_id, source, stream)

    def acknowledged_since_fold(self, customer_id: str, stream: str) -> list[Acknowledged]:
        return self._stored.acknowledged_since_fold(customer_id, stream)

    def standing(self, customer_id: str, stream: str) -> dict[tuple[str, str], Standing]:
        standing = self._stored.standing(customer_id, stream)
        if not self._planned[stream]:
            return standing
        by_record: defaultdict[str, dict[str, Standing]] = defaultdict(dict)
        for (key, group), what in standing.items():
            by_record[key][group] = what
        for operations in self._planned[stream]:
            _replace(by_record[operations[0].links[0].key], operations)
        return {(key, group): what for key, groups in by_record.items() for group, what in groups.items()}

    def references(self, customer_id: str, stream: str, keys: Sequence[str]) -> dict[str, str]:
        return self._stored.references(customer_id, stream, keys)

    def move_checkpoints(self, lease: Lease, run_id: str) -> None:
        """A plan accounts for nothing."""


def _replace(groups: dict[str, Standing], operations: Iterable[PlannedOperation]) -> None:
    """A newer change of a record supersedes what is open of all its field groups, as planning does."""
    for group in [group for group, what in groups.items() if what.state in REPLACEABLE]:
        del groups[group]
    for operation in operations:
        if operation.state != State.SUPERSEDED:
            groups.update({link.field_group: Standing(link.fingerprint, operation.state) for link in operation.links})
