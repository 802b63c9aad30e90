"""Discarding: every value of a held change set is recorded as one that a person does not want."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from sync_pipeline.domain.operation import PlannedOperation, State
from sync_pipeline.domain.positions import CutRow
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.planning import CHANGES_PER_TRANSACTION, operations_of


def discard_change_set(context: StageContext, cut: CutRow, actor: str) -> None:
    """Record the values, then close the change set. After a crash in between it is still held: discard it again."""
    operations = _discarded(context, cut)
    while chunk := list(islice(operations, CHANGES_PER_TRANSACTION)):
        context.planning.plan(context.keeper.lease, cut, [operation for change in chunk for operation in change])
    context.held.discard(context.keeper.lease, cut.cut, actor)


def _discarded(context: StageContext, cut: CutRow) -> Iterator[list[PlannedOperation]]:
    for operations in operations_of(context, cut):
        yield [
            replace(
                operation,
                state=State.DISCARDED,
                payload=None,
                waits_for=None,
                endpoint=None,
                is_acknowledged=False,
                may_be_there=False,
                reason=f"a person discarded change set {cut.cut}",
            )
            for operation in operations
        ]
