"""A run: one (customer, layer, slot), worked on in one or more slices."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum


class Layer(StrEnum):
    INITIAL = "initial"
    POLL = "poll"
    NIGHTLY = "nightly"
    RECONCILE = "reconcile"


class Stage(StrEnum):
    """Where a run may start again: each stage begins with what the one before persisted."""

    SOURCE_SNAPSHOT = "source_snapshot"
    APPLIED_LEDGER = "applied_ledger"


MANUAL = "manual"
"""The slot of whatever a person starts."""
WEEKLY = "weekly"
"""The slot of a reconciliation by hand that reads and compares everything; scheduled ones add their date."""


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"
    FAILED = "failed"
    HELD = "held"
    PAUSED = "paused"
    BUSY = "busy"
    CONTINUED = "continued"
    """A later run took over what a parked one had left."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a slice works on."""

    customer_id: str
    run_id: str
    layer: Layer
    slot: str

    @property
    def is_full(self) -> bool:
        """Whether everything is read and compared, whatever the positions say."""
        return self.layer == Layer.RECONCILE and self.slot.partition("-")[0] == WEEKLY


@dataclass(frozen=True, slots=True)
class ParkedRun:
    """A run that stopped on purpose after `slices` of them; it goes on with `stage`."""

    run: Run
    started_at: datetime
    resume_at: datetime
    stage: Stage
    slices: int


@dataclass(frozen=True, slots=True)
class StageFailure:
    """Something that failed in a stage, in words for a person; `subject` names the stream, or what else failed."""

    subject: str
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
