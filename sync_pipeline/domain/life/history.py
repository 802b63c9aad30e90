"""What the ledger remembers of one record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.positions import CutState


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that an operation left in. Without an `outcome` no answer is known: its process may have died."""

    at: datetime
    endpoint: str
    batch_id: str
    trace_id: str
    run_id: str
    outcome: str | None
    status: int | None


@dataclass(frozen=True, slots=True)
class OperationLife:
    """One operation of a record, from its plan to its end.

    `fingerprints` are by the field group that it carries. `attempts_made` counts those before attempts were kept, too;
    `travelled_with` are operations of other changes of the same contact that left in the same row.
    """

    operation_id: int
    kind: str
    action: str
    state: State
    reference: Need
    change: str
    cut: int
    fingerprints: Mapping[str, str]
    run_id: str
    endpoint: str | None
    planned_at: datetime
    updated_at: datetime
    waits_for: str | None = None
    reason: str | None = None
    evidence: str | None = None
    deferrals: int = 0
    attempts_made: int = 0
    attempts: Sequence[Attempt] = ()
    travelled_with: Sequence[int] = ()
    accepted_at: datetime | None = None
    confirmed_at: datetime | None = None
    finished_in: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """What one cut found different of a record; no `operations` as long as it is not planned."""

    cut: int
    read_at: datetime | None
    kind: str
    groups: Sequence[str]
    run_id: str
    operations: Sequence[int]
    state: CutState


@dataclass(frozen=True, slots=True)
class AcknowledgedValue:
    """What Virtuous accepted last of one field group. Of what is only in the folded index, no more is known."""

    fingerprint: str
    operation_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Changes by cut and operations by number, oldest first; `acknowledged` by field group, since the last fold."""

    changes: Sequence[RecordedChange]
    operations: Sequence[OperationLife]
    acknowledged: Mapping[str, AcknowledgedValue]


@dataclass(frozen=True, slots=True)
class KnownRead:
    """One finished read of a stream."""

    cut: int
    state: CutState
    run_id: str
    read_at: datetime
    proven: bool
    snapshot_cut: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """What stands for a reference in Virtuous, as far as we know: its id, and the newest operation about it."""

    need: Need
    crm_id: int | None = None
    part_id: int | None = None
    archived_at: datetime | None = None
    operation_id: int | None = None
    state: State | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A record of a stream, by the reference it was last planned under and the state of that operation."""

    stream: str
    key: str
    need: Need
    state: State | None = None
    crm_id: int | None = None
