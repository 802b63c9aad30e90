"""Everything that the answer about a record depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.life.history import AcknowledgedValue, History, KnownRead, OperationLife, Place
from sync_pipeline.domain.operation import STANDING, State
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.standing import Standing

WORST_FIRST = (
    *(State.DEAD, State.REVIEW, State.WAITING, State.DEFERRED, State.SENDING, State.PLANNED),
    *(State.DISCARDED, State.ACCEPTED, State.CONFIRMED, State.SUPERSEDED),
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The record as a snapshot has it; `is_newest`: the one that the next comparison starts from."""

    cut: int
    read_at: datetime | None
    is_newest: bool
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class MappedGroup:
    """One field group as today's recipe makes it, and what it is compared with."""

    values: Mapping[str, str | None]
    fingerprint: str
    acknowledged: str | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the newest run did not read the stream, and what mends it."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something happens by itself. `resumes_at`: a run is parked until then."""

    now: datetime
    next_slot: datetime
    reconciled_at: datetime | None = None
    resumes_at: datetime | None = None
    is_at_work: bool = False
    paused: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One record at one moment.

    `row` is None where no kept snapshot has it. `groups` are empty where the record cannot be mapped (`problem`).
    `unplanned` is a change set that holds a change of it and is not planned, such as a held one; `pending` is the
    change that the next comparison would find. `places` are what its waiting operations wait for.
    """

    customer_id: str
    stream: str
    key: str
    kind: str
    when: str | None
    on_delete: str
    last_read: KnownRead | None
    row: SourceRow | None
    record: MappedRecord | None
    problem: str | None
    groups: Mapping[str, MappedGroup]
    history: History
    acknowledged: Mapping[str, AcknowledgedValue]
    unplanned: CutState | None
    unplanned_cut: int | None
    pending: Change | None
    places: Mapping[str, Place]
    itself: Place | None
    trouble: Trouble | None
    schedule: Schedule

    @property
    def is_there(self) -> bool:
        """The snapshot that the next comparison starts from has the record."""
        return self.row is not None and self.row.is_newest

    @property
    def is_filtered_out(self) -> bool:
        return self.is_there and self.record is not None and self.record.failed is None and not self.record.matches

    @property
    def is_unchanged(self) -> bool:
        """Every field group is what Virtuous acknowledged."""
        equal = all(group.fingerprint == group.acknowledged for group in self.groups.values())
        return self.is_there and not self.is_filtered_out and bool(self.groups) and equal and self.pending is None

    @property
    def decisive(self) -> OperationLife | None:
        """The operation that says most about why the record is as it is: of those that count, the least far."""
        counting = list(self._counting())
        return min(counting, key=lambda one: (WORST_FIRST.index(one.state), -one.operation_id), default=None)

    @property
    def delivered(self) -> OperationLife | None:
        """The newest operation that Virtuous accepted."""
        accepted = [one for one in self.history.operations if one.accepted_at is not None]
        return max(accepted, key=lambda one: (one.accepted_at, one.operation_id), default=None)

    @property
    def told_deletion(self) -> OperationLife | None:
        """The newest operation, where it says that the record is gone."""
        newest = self.history.operations[-1] if self.history.operations else None
        return newest if newest is not None and newest.change == ChangeKind.DELETE else None

    def _counting(self) -> Sequence[OperationLife]:
        """Those of the newest change that was not superseded, and older ones that still stand for a field group."""
        living = [one for one in self.history.operations if one.state != State.SUPERSEDED]
        if not living:
            return self.history.operations[-1:]
        newest_of = {group: one.operation_id for one in living for group in one.fingerprints}
        newest_cut = max(one.cut for one in living)
        standing = (one for one in living if one.state in STANDING and one.operation_id in newest_of.values())
        return [*(one for one in living if one.cut == newest_cut), *standing]
