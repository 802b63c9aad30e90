"""Planning: durable change sets become operations in the ledger."""

from collections.abc import Iterator
from itertools import islice

from sync_pipeline.domain.change import Change, ChangeKind
from sync_pipeline.domain.operation import ChangeLink, PlannedOperation, Priority, State
from sync_pipeline.domain.positions import CutRow, CutState
from sync_pipeline.stages.context import ReadContext, StageContext

OPERATIONS_PER_TRANSACTION = 1_000
PRIORITIES = {
    ChangeKind.CREATE: Priority.CREATE,
    ChangeKind.UPDATE: Priority.UPDATE,
    ChangeKind.DELETE: Priority.DELETE,
}


def plan_ready_cuts(context: StageContext) -> int:
    """Plan every durable change set that is not in the ledger yet, oldest first; answers how many cuts that were.

    A crash in the middle leaves the cut ready: planning it again adds only what is missing.
    """
    cuts = ready_cuts(context)
    for cut in cuts:
        for chunk in _chunks(context, cut):
            context.planning.plan(context.keeper.lease, cut, chunk)
        context.cuts.finish_planning(context.keeper.lease, cut)
    return len(cuts)


def ready_cuts(context: ReadContext) -> list[CutRow]:
    """The cuts whose change set is durable and not in the ledger yet, oldest first."""
    ready = context.cuts.cuts(context.customer.id, [CutState.READY])
    return [cut for cut in ready if cut.source in context.customer.sources]  # a source may have left the file


def operations_of(context: ReadContext, cut: CutRow) -> Iterator[PlannedOperation]:
    """The operations that the durable change set of a cut makes."""
    reference_source = context.customer.sources[cut.source].reference_source
    for frame in context.snapshots.change_set(context.stream_name(cut.stream), cut.cut):
        for row in frame.iter_rows(named=True):
            yield operation_for(Change.from_row(row), cut.stream, reference_source)


def _chunks(context: StageContext, cut: CutRow) -> Iterator[list[PlannedOperation]]:
    operations = operations_of(context, cut)
    while chunk := list(islice(operations, OPERATIONS_PER_TRANSACTION)):
        yield chunk


def operation_for(change: Change, stream: str, reference_source: str) -> PlannedOperation:
    """The one write a contact change needs; a change that cannot be written is a dead letter from the start."""
    return PlannedOperation(
        kind="contact",
        reference_source=reference_source,
        reference_id=change.reference,
        priority=PRIORITIES[change.kind],
        payload=change.payload,
        links=[
            ChangeLink(stream, change.key, group, change.kind.value, fingerprint, change.row_hash)
            for group, fingerprint in sorted(change.fingerprints.items())
        ],
        state=State.PLANNED if change.payload is not None else State.DEAD,
        reason=change.problem,
        is_acknowledged=change.is_acknowledged,
    )
