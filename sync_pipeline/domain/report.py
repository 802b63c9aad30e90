"""The account of one run: what changed, what became of it, what it cost, what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

import msgspec

from sync_pipeline.domain.operation import LEFT_OVER, NEEDS_A_PERSON, State
from sync_pipeline.domain.run import Run, RunStatus, StageFailure

FAILURE_DETAILS = 50
_EXIT_BY_STATUS = {RunStatus.FAILED: 1, RunStatus.HELD: 4, RunStatus.PAUSED: 4, RunStatus.BUSY: 4, RunStatus.PARKED: 3}


@dataclass(frozen=True, slots=True)
class RunReport:
    """Every field of `run --json` (DESIGN section 8), in its order. Durations are seconds.

    total_changes = creates + updates + deletes
                  = successes + failures + deferred + waiting + superseded + held + pending

    `records_read` are the rows of all its reads; `incomplete` maps a stream that was not read to its end to the reason,
    `held_change_sets` a cut.
    """

    run_id: str
    customer_id: str
    layer: str
    status: str
    started_at: datetime
    completed_at: datetime | None
    duration_seconds: float
    total_changes: int
    creates: int
    updates: int
    deletes: int
    unchanged: int
    successes: int
    failures: int
    deferred: int
    waiting: int
    superseded: int
    held: int
    pending: int
    carried: int
    requests: Mapping[str, int]
    source_requests: int
    requests_total: int
    rate_limit_pauses: int
    resume_at: datetime | None
    checkpoint: Mapping[str, str | None]
    failure_details: Sequence[Mapping[str, Any]]
    failure_rate: float
    stage_failures: Sequence[Mapping[str, str]]
    warnings: Sequence[str] = field(default_factory=list)
    schema_changes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reconciliation: Mapping[str, Any] = field(default_factory=dict)
    foretold_requests: Mapping[str, int] = field(default_factory=dict)
    forecast_error: float | None = None
    reading: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    records_read: int = 0
    incomplete: Mapping[str, str] = field(default_factory=dict)
    held_change_sets: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The report that `as_dict` made; one of an earlier version has defaults for what it did not know."""
        return msgspec.convert(document, cls, strict=False)  # the cut's number is a text as a key of a JSON object

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types; moments are ISO 8601 in UTC."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }


def empty_report(run: Run, status: RunStatus, now: datetime) -> RunReport:
    """The account of a run that did not come to do anything."""
    return RunReport(
        run_id=run.run_id,
        customer_id=run.customer_id,
        layer=run.layer.value,
        status=status.value,
        started_at=now,
        completed_at=now,
        duration_seconds=0.0,
        total_changes=0,
        creates=0,
        updates=0,
        deletes=0,
        unchanged=0,
        successes=0,
        failures=0,
        deferred=0,
        waiting=0,
        superseded=0,
        held=0,
        pending=0,
        carried=0,
        source_requests=0,
        requests_total=0,
        rate_limit_pauses=0,
        requests={},
        resume_at=None,
        checkpoint={},
        failure_details=(),
        failure_rate=0.0,
        stage_failures=(),
        warnings=[],
    )


def forecast_error(foretold: Mapping[str, int], sent: Mapping[str, int]) -> float | None:
    """By which part of what was foretold the requests differ from it; None where nothing was foretold."""
    expected = sum(foretold.values())
    return round(sum(sent.values()) / expected - 1, 4) if expected else None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Changes of one run, by what became of them."""

    successes: int
    failures: int
    deferred: int
    waiting: int
    superseded: int
    held: int
    pending: int

    @classmethod
    def of(cls, by_state: Mapping[str, int], held: int, unplanned: int) -> "Outcomes":
        """Sort operation states into the report's words; `unplanned` are changes not in the ledger yet."""

        def count(*states: State) -> int:
            return sum(by_state.get(state, 0) for state in states)

        return cls(
            successes=count(State.ACCEPTED, State.CONFIRMED, State.REVIEW),
            failures=count(State.DEAD, State.DISCARDED),
            deferred=count(State.DEFERRED),
            waiting=count(State.WAITING),
            superseded=count(State.SUPERSEDED),
            held=held,
            pending=count(State.PLANNED, State.SENDING) + unplanned,
        )

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def failure_rate(self) -> float:
        decided = self.successes + self.failures
        return self.failures / decided if decided else 0.0


def slice_status(failures: Sequence[StageFailure], *, parked: bool, held: bool) -> RunStatus:
    """What a finished slice was: the worst of what happened in it."""
    if failures:
        return RunStatus.FAILED
    if held:
        return RunStatus.HELD
    return RunStatus.PARKED if parked else RunStatus.DONE


def exit_code(status: RunStatus, ledger: Mapping[str, int]) -> int:
    """The first that applies: 1 failed, 4 held, paused or busy, 3 work is left, 5 a person is needed, 0 delivered.

    `ledger` counts all operations of the customer by state: what an earlier night left undelivered keeps a quiet
    night from being green.
    """
    by_status = _EXIT_BY_STATUS.get(status, 0)
    if by_status:
        return by_status
    if any(ledger.get(state, 0) for state in LEFT_OVER):
        return 3
    if any(ledger.get(state, 0) for state in NEEDS_A_PERSON):
        return 5
    return 0
