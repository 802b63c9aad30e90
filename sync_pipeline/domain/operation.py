"""An operation: one write to Virtuous, and the states of its life (DESIGN section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sync_pipeline.domain.coalescing import rows_of


class State(StrEnum):
    PLANNED = "planned"
    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    DEFERRED = "deferred"
    DEAD = "dead"
    REVIEW = "review"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"


class Evidence(StrEnum):
    """What the ledger knows about an operation beside its own answer."""

    REPEATED = "repeated"  # it got no answer, was sent again, and has not been accepted since
    REPEAT_ACCEPTED = "repeat_accepted"
    REPEAT_REFUSED = "repeat_refused"  # it counts as accepted, because Virtuous refuses an id that it has already
    REPLAYED = "replayed"  # a person wants it planned again: its value no longer counts in the diff
    FOUND = "found"  # its effect was read back
    MAY_BE_THERE = "may_be_there"  # planned by an initial run: perhaps it was sent before the state store was lost
    MAY_HAVE_LEFT = "may_have_left"  # unsent when an initial run began: the state store may be that of a backup
    FOUND_THERE = "found_there"  # Virtuous had it before anything was sent


UNSURE = frozenset({Evidence.REPEATED, Evidence.MAY_HAVE_LEFT})
"""Virtuous may have the value of these, although nothing it answered says so."""

LOOKED_FOR_FIRST = frozenset({Evidence.MAY_BE_THERE, Evidence.MAY_HAVE_LEFT})
"""Sent only when they are not found, where a repeat would take effect twice."""

UNSENT = frozenset({State.PLANNED, State.WAITING, State.DEFERRED})
"""Nothing of these has taken effect, and they go on by themselves."""

STANDING = frozenset({*UNSENT, State.SENDING, State.DEAD, State.REVIEW, State.DISCARDED})
"""States whose value counts in the diff besides what was acknowledged."""

REPLACEABLE = frozenset({*UNSENT, State.DEAD, State.REVIEW})
"""A newer value of the same record takes the place of these."""

UNACCOUNTED = frozenset({State.PLANNED, State.SENDING})
"""The checkpoint may not pass these."""

NEEDS_A_PERSON = frozenset({State.DEAD, State.REVIEW})
LEFT_OVER = frozenset({State.PLANNED, State.SENDING, State.DEFERRED, State.WAITING})


class Priority(IntEnum):
    """Sent in this order: new people, gifts, who must no longer be written to, then what changes about known ones.

    What hangs on people comes last.
    """

    CREATE = 10
    GIFT = 12
    URGENT = 14
    OPPORTUNITY = 16
    DELETE = 18
    UPDATE = 20
    SIGN_UP = 40
    ATTENDANCE = 42
    NOTE = 50


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """Ties an operation to the change it carries, per field group."""

    stream: str
    key: str
    field_group: str
    kind: str
    fingerprint: str
    row_hash: str


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation to be recorded. `state` is planned, or dead with the `reason` when it cannot be sent at all.

    `is_acknowledged`: Virtuous has exactly this value; it is planned only to replace a newer one not yet sent.
    `endpoint` is where a single one goes; what waits (`waits_for` says for what) has none yet. `may_be_there`: it is
    looked for before it is sent, where a repeat would take effect twice.
    """

    kind: str
    reference_source: str
    reference_id: str
    priority: Priority
    payload: Mapping[str, Any] | None
    links: Sequence[ChangeLink]
    state: State = State.PLANNED
    reason: str | None = None
    is_acknowledged: bool = False
    action: str = "save"
    endpoint: str | None = None
    waits_for: str | None = None
    may_be_there: bool = False


@dataclass(frozen=True, slots=True)
class SendingOperation:
    """An operation on its way: exactly what is sent. `request` is the bound one of a direct call (JSON types)."""

    operation_id: int
    kind: str
    action: str
    reference_source: str
    reference_id: str
    payload: Mapping[str, Any]
    request: Mapping[str, Any] | None
    attempts: int
    may_be_there: bool = False


@dataclass(frozen=True, slots=True)
class Permit:
    """One request of this endpoint may leave; its answer is noted under this number."""

    number: int
    endpoint: str


@dataclass(frozen=True, slots=True)
class SendingBatch:
    """Operations that travel in one request, all of one endpoint and reference source."""

    batch_id: str
    endpoint: str
    operations: tuple[SendingOperation, ...]
    permit: Permit

    @property
    def reference_source(self) -> str:
        return self.operations[0].reference_source

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(operation.operation_id for operation in self.operations)

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """The operations by the row they travel in: those of one person are laid over one another."""
        rows = rows_of(self.endpoint, self.operations)
        return tuple(tuple(operation.operation_id for operation in row) for row in rows)


@dataclass(frozen=True, slots=True)
class WaitingOperation:
    """An operation without a request yet."""

    operation_id: int
    kind: str
    action: str
    reference_source: str
    reference_id: str
    payload: Mapping[str, Any]
    waits_for: str | None
    may_be_there: bool = False


@dataclass(frozen=True, slots=True)
class DoubtfulBatch:
    """Operations that left together and have no answer, by the row they travelled in.

    `attempted_at`: the last try of any of them.
    """

    endpoint: str
    rows: tuple[tuple[int, ...], ...]
    attempted_at: datetime

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(number for row in self.rows for number in row)


@dataclass(frozen=True, slots=True)
class NoPermit:
    """The quota has nothing left until `until`; `reason` says whose limit it is."""

    until: datetime
    reason: str
