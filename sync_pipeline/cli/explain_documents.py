"""What `explain CUSTOMER STREAM KEY` answers, as a plain document."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from sync_pipeline.adapters.scratch_folders import scratch_folder
from sync_pipeline.cli.output import moment_text
from sync_pipeline.cli.plan_documents import mask
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.life.answering import answer
from sync_pipeline.domain.life.facts import Facts, MappedGroup
from sync_pipeline.domain.life.history import Attempt, OperationLife, RecordedChange
from sync_pipeline.domain.life.next_steps import NextStep, next_step
from sync_pipeline.domain.trace import span_id_of
from sync_pipeline.stages.explaining import Stored, explain_record
from sync_pipeline.workplace import Workplace

Shown = Callable[[Any], Any]
NO_DATA = frozenset({"referenceId", "deleted"})
"""Values of field groups that are ids or words of ours."""


def record_document(customer_id: str, stream: str, key: str, *, show_values: bool) -> dict[str, Any]:
    """The life of one record in the words of DESIGN section 8; values masked unless they are asked for.

    Raises:
        ConfigurationError: there is no such customer or stream, or no read ever brought such a record.
    """
    workplace = Workplace()
    customer = workplace.customer(customer_id)
    with stored_now(workplace, customer) as stored:
        facts = explain_record(customer, stored, stream, key)
    return document_of(facts, as_it_is if show_values else mask)


@contextmanager
def stored_now(workplace: Workplace, customer: Customer) -> Generator[Stored]:
    """This moment of the stores, which is read and never changed; a run may be at work."""
    with scratch_folder() as scratch, workplace.frozen(scratch) as state:
        yield Stored(
            positions=state.positions,
            cuts=state.cuts,
            histories=state.histories,
            breakers=state.breakers,
            snapshots=workplace.stored_snapshots(),
            is_at_work=state.leases.is_held(customer.id),
            now=workplace.clock.now(),
        )


def document_of(facts: Facts, shown: Shown) -> dict[str, Any]:
    return {
        "customer_id": facts.customer_id,
        "stream": facts.stream,
        "key": facts.key,
        "answer": answer(facts),
        "source": source_entry(facts, shown),
        "changes": [change_entry(change) for change in facts.history.changes],
        "operations": [operation_entry(operation) for operation in facts.history.operations],
        "acknowledged": {
            group: {"fingerprint": value.fingerprint, "operation_id": value.operation_id, "at": moment_text(value.at)}
            for group, value in sorted(facts.acknowledged.items())
        },
        "confirmed": confirmed_entry(facts),
        "next": next_entry(next_step(facts)),
    }


def source_entry(facts: Facts, shown: Shown) -> dict[str, Any]:
    row, read, record = facts.row, facts.last_read, facts.record
    return {
        "cut": None if row is None else row.cut,
        "read_at": None if row is None else moment_text(row.read_at),
        "newest": facts.is_there,
        "last_read": None
        if read is None
        else {
            "cut": read.cut,
            "read_at": moment_text(read.read_at),
            "state": read.state.value,
            "complete": read.proven,
        },
        "kind": facts.kind,
        "reference": None if record is None else record.reference,
        "matches": None if record is None else record.matches,
        "problem": facts.problem,
        "row": {} if row is None else {name: shown(value) for name, value in row.values.items()},
        "mapped": {name: group_entry(group, shown) for name, group in facts.groups.items()},
    }


def group_entry(group: MappedGroup, shown: Shown) -> dict[str, Any]:
    standing = group.standing
    return {
        "values": {name: value if name in NO_DATA else shown(value) for name, value in group.values.items()},
        "fingerprint": group.fingerprint,
        "equals_acknowledged": group.fingerprint == group.acknowledged,
        "standing": None
        if standing is None
        else {"state": standing.state, "equals": group.fingerprint == standing.fingerprint},
    }


def change_entry(change: RecordedChange) -> dict[str, Any]:
    return {
        "cut": change.cut,
        "read_at": moment_text(change.read_at),
        "kind": change.kind,
        "field_groups": list(change.groups),
        "state": change.state.value,
        "run_id": change.run_id,
        "operations": list(change.operations),
    }


def operation_entry(operation: OperationLife) -> dict[str, Any]:
    """`attempts_made` is more than there are `attempts` where a release before 0015 made some."""
    return {
        "operation_id": operation.operation_id,
        "kind": operation.kind,
        "action": operation.action,
        "state": operation.state.value,
        "reference": f"{operation.reference.source}/{operation.reference.reference}",
        "cut": operation.cut,
        "field_groups": sorted(operation.fingerprints),
        "run_id": operation.run_id,
        "planned_at": moment_text(operation.planned_at),
        "waits_for": operation.waits_for,
        "reason": operation.reason,
        "evidence": operation.evidence,
        "deferrals": operation.deferrals,
        "accepted_at": moment_text(operation.accepted_at),
        "confirmed_at": moment_text(operation.confirmed_at),
        "finished_in": operation.finished_in,
        "updated_at": moment_text(operation.updated_at),
        "travelled_with": list(operation.travelled_with),
        "attempts_made": operation.attempts_made,
        "attempts": [attempt_entry(attempt) for attempt in operation.attempts],
    }


def attempt_entry(attempt: Attempt) -> dict[str, Any]:
    """Without an `outcome` no answer is known."""
    return {
        "at": moment_text(attempt.at),
        "endpoint": attempt.endpoint,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "batch_id": attempt.batch_id,
        "trace_id": attempt.trace_id,
        "span_id": span_id_of(attempt.batch_id),
        "run_id": attempt.run_id,
    }


def confirmed_entry(facts: Facts) -> dict[str, Any] | None:
    """What stands for the record in Virtuous; None as long as nothing is known to."""
    itself, moments = facts.itself, [one.confirmed_at for one in facts.history.operations if one.confirmed_at]
    if (itself is None or itself.crm_id is None) and not moments:
        return None
    return {
        "virtuous_id": None if itself is None else itself.crm_id,
        "at": moment_text(max(moments, default=None)),
        "archived_at": None if itself is None else moment_text(itself.archived_at),
    }


def next_entry(step: NextStep) -> dict[str, Any]:
    return {
        "what": step.what,
        "needs_a_person": step.needs_a_person,
        "at": moment_text(step.at),
        "command": step.command,
    }


def as_it_is(value: Any) -> Any:
    return value


def answered(attempt: Mapping[str, Any]) -> str:
    """An attempt's answer for people, such as `refused (400)`."""
    if attempt["outcome"] is None:
        return "no answer known"
    status = "" if attempt["status"] is None else f" ({attempt['status']})"
    return f"{attempt['outcome'].replace('_', ' ')}{status}"
