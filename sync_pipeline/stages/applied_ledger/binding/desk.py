"""What the bindings of one slice share: whom to ask, and what was decided about the operations that wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync_pipeline.domain.needs import CrmId, Need
from sync_pipeline.domain.operation import Evidence, WaitingOperation
from sync_pipeline.domain.request import Request
from sync_pipeline.stages.applied_ledger.contact_ids import ContactIds
from sync_pipeline.stages.applied_ledger.looking import Looking
from sync_pipeline.stages.context import StageContext


@dataclass(slots=True)
class Desk:
    """Collects decisions, so that each kind's are few transactions."""

    context: StageContext
    contact_ids: ContactIds
    looking: Looking
    _requests: dict[int, Request] = field(default_factory=dict)
    _found: dict[int, CrmId] = field(default_factory=dict)
    _waits: dict[int, str] = field(default_factory=dict)
    _reviews: dict[int, str] = field(default_factory=dict)

    def known(self, needs: Sequence[Need]) -> dict[Need, CrmId]:
        return self.context.crm_ids.known(self.context.customer.id, needs)

    def bind(self, operation: WaitingOperation, request: Request) -> None:
        self._requests[operation.operation_id] = request

    def found(self, operation: WaitingOperation, crm_id: CrmId) -> None:
        """Virtuous has it already."""
        self._found[operation.operation_id] = crm_id

    def remember(self, operation: WaitingOperation, crm_id: CrmId) -> None:
        """What the operation changes is there under this id."""
        self.context.crm_ids.remember(self.context.keeper.lease, {itself(operation): crm_id})

    def wait(self, operation: WaitingOperation, need: Need) -> None:
        if operation.waits_for != str(need):
            self._waits[operation.operation_id] = str(need)

    def review(self, operation: WaitingOperation, reason: str) -> None:
        """It will not come by itself."""
        self._reviews[operation.operation_id] = reason

    def settle(self) -> None:
        """Write everything decided so far."""
        waiting = self.context.waiting
        waiting.bind(self._requests)
        waiting.found(self._found, Evidence.FOUND_THERE)
        waiting.wait_for(self._waits)
        waiting.review(self._reviews)
        for decided in (self._requests, self._found, self._waits, self._reviews):
            decided.clear()


def itself(operation: WaitingOperation) -> Need:
    """The record that the operation writes."""
    return Need(operation.kind, operation.reference_source, operation.reference_id)
