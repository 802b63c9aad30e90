"""Planning: durable change sets become operations in the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import structlog

from sync_pipeline.domain.change import Action, Change, ChangeKind, Write
from sync_pipeline.domain.crm import contacts, gifts
from sync_pipeline.domain.fingerprint import fingerprint
from sync_pipeline.domain.needs import needs_of
from sync_pipeline.domain.operation import UNSENT, ChangeLink, PlannedOperation, Priority, State
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.domain.run import Layer
from sync_pipeline.stages.context import ReadContext, StageContext

log = structlog.get_logger()

CHANGES_PER_TRANSACTION = 1_000
TRANSACTIONS = {"contact": contacts.TRANSACTION, "gift": gifts.TRANSACTION}
"""Where a record goes that needs nothing to exist before it."""

PRIORITIES = {
    "gift": Priority.GIFT,
    "opportunity": Priority.OPPORTUNITY,
    "attendance": Priority.ATTENDANCE,
    "note": Priority.NOTE,
}
CONTACT_PRIORITIES = {
    ChangeKind.CREATE: Priority.CREATE,
    ChangeKind.UPDATE: Priority.UPDATE,
    ChangeKind.DELETE: Priority.DELETE,
}


def plan_ready_cuts(context: StageContext) -> int:
    """Plan every durable change set that is not in the ledger yet, oldest first; answers how many cuts that were.

    A crash in the middle, or a stop, leaves the cut ready: planning it again adds only what is missing.
    """
    cuts = ready_cuts(context)
    for number, cut in enumerate(cuts):
        planned = 0
        for chunk in _chunks(context, cut):
            if context.stop.is_requested:
                return number
            context.planning.plan(context.keeper.lease, cut, chunk)
            planned += len(chunk)
        context.cuts.finish_planning(context.keeper.lease, cut)
        log.info("cut_planned", stream=cut.stream, cut=cut.cut, operations=planned)
    return len(cuts)


def ready_cuts(context: ReadContext) -> list[CutRow]:
    """The cuts whose change set is durable and not in the ledger yet, oldest first."""
    ready = context.cuts.cuts(context.customer.id, [CutState.READY])
    return [cut for cut in ready if cut.source in context.customer.sources]  # a source may have left the file


def operations_of(context: ReadContext, cut: CutRow) -> Iterator[list[PlannedOperation]]:
    """The operations that the durable change set of a cut makes, change by change."""
    reference_source = context.customer.sources[cut.source].reference_source
    for frame in context.snapshots.change_set(context.stream_name(cut.stream), cut.cut):
        for row in frame.iter_rows(named=True):
            yield operations_for(context, Change.from_row(row), cut.stream, reference_source)


def operations_for(context: ReadContext, change: Change, stream: str, reference_source: str) -> list[PlannedOperation]:
    """The writes a change needs, in the order they have to leave.

    A change that cannot be written is a dead letter from the start. What needs something of Virtuous first (an id, a
    look at what is there) waits for it. Nobody knows what Virtuous has of an initial run's records: the state store
    may have been lost.
    """
    writes = (None,) if change.writes is None else change.writes
    operations = [_operation(change, stream, reference_source, write) for write in writes]
    is_initial = context.run.layer == Layer.INITIAL
    return [replace(one, may_be_there=is_initial and one.state in UNSENT) for one in operations]


def _chunks(context: StageContext, cut: CutRow) -> Iterator[list[PlannedOperation]]:
    """Operations of whole changes: planning a cut again looks for changes that are there already."""
    changes = operations_of(context, cut)
    while chunk := list(islice(changes, CHANGES_PER_TRANSACTION)):
        yield [operation for operations in chunk for operation in operations]


def _operation(change: Change, stream: str, reference_source: str, write: Write | None) -> PlannedOperation:
    action = Action.SAVE if write is None else write.action
    endpoint = TRANSACTIONS.get(change.record_kind) if action == Action.SAVE else None
    waits_for = None
    if write is not None and endpoint is None:
        needs = needs_of(change.record_kind, action, reference_source, change.reference, write.payload)
        waits_for = str(next(needs))
    return PlannedOperation(
        kind=change.record_kind,
        action=action.value,
        reference_source=reference_source,
        reference_id=change.reference,
        priority=_priority(change),
        payload=None if write is None else write.payload,
        links=[
            ChangeLink(
                stream, change.key, group, change.kind.value, change.fingerprints.get(group, PRESENT), change.row_hash
            )
            for group in (sorted(change.fingerprints) if write is None else write.groups)
        ],
        state=State.DEAD if write is None else State.PLANNED if waits_for is None else State.WAITING,
        reason=change.problem,
        is_acknowledged=change.is_acknowledged,
        endpoint=endpoint,
        waits_for=waits_for,
    )


def _priority(change: Change) -> Priority:
    if change.record_kind in PRIORITIES:
        return PRIORITIES[change.record_kind]
    is_urgent = change.is_urgent and change.kind == ChangeKind.UPDATE
    return Priority.URGENT if is_urgent else CONTACT_PRIORITIES[change.kind]


PRESENT = fingerprint({"present": "true"})
"""Fingerprint of a group that stands for an act and holds no values, such as bringing back an archived contact."""
