"""The state of one slice's sending: how often it may still try, and why it has to stop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync_pipeline.domain.answer import Answer
from sync_pipeline.domain.errors import PrerequisiteError
from sync_pipeline.domain.operation import NoPermit
from sync_pipeline.ports import Destination
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.observing import WAIT_WITHOUT_ADVICE, blocked
from sync_pipeline.stages.permits import WAIT_IN_PROCESS
from sync_pipeline.stages.source_snapshot.prerequisites import ask_organization

TRIES = 5
LONGEST_BACKOFF_SECONDS = 16
REFUSED_SINGLES_BEFORE_FAILING = 2


@dataclass(frozen=True, slots=True)
class Park:
    """The slice stops on purpose, with work left."""

    resume_at: datetime
    reason: str


@dataclass(slots=True)
class SliceState:
    """Counts tries in a row without a definite answer, and keeps the reason to stop once there is one."""

    context: StageContext
    park: Park | None = None
    exhausted: str | None = None
    accepted: int = 0
    tries: int = 0
    suspects: list[int] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        return self.park is not None or self.exhausted is not None

    def park_if_out_of_time(self) -> bool:
        if self.park is None and self.context.out_of_time:
            self.park = Park(self.context.clock.now(), "the slice's time is used up")
        return self.park is not None

    async def wait_or_park(self, refusal: NoPermit) -> None:
        """Sit out a short wait in this process; park for a longer one."""
        wait = refusal.until - self.context.clock.now()
        if wait <= WAIT_IN_PROCESS and not self.context.out_of_time:
            await self.context.clock.sleep(max(wait.total_seconds(), 0))
        else:
            self.park = Park(refusal.until, refusal.reason)

    def answered(self) -> None:
        self.tries = 0

    async def unanswered(self, why: str) -> None:
        """Count a try that brought no definite answer, and back off before the next one."""
        self.tries += 1
        if self.tries >= TRIES:
            self.exhausted = why
        else:
            await self.context.clock.sleep(min(2 ** (self.tries - 1), LONGEST_BACKOFF_SECONDS))

    def throttled(self, answer: Answer) -> None:
        """Count a try that was asked to wait; the quota holds the next one back for as long as the answer said.

        Who keeps asking to wait is left alone: the slice parks, and no record is charged for it.
        """
        self.tries += 1
        if self.tries >= TRIES:
            now = self.context.clock.now()
            self.park = Park(max(blocked(now, answer), now + WAIT_WITHOUT_ADVICE), "Virtuous keeps asking to wait")

    async def confirm_credential(self, destination: Destination, status: int | None) -> None:
        """After a 401 or 403: a bad credential pauses the customer, a good one leaves the refusal to the operation.

        Raises:
            PrerequisiteError: the credential is bad, or nobody can tell.
            QuotaSpentError: not even this question fits the budget.
        """
        organization, _ = await ask_organization(self.context, destination)
        if organization is None or not organization.is_enabled:
            customer = self.context.customer.id
            remedy = (
                "Make a new API key, store it where `destination.token` points, then run: "
                f"sync-pipeline customers resume {customer} --reason 'new key'"
            )
            reason = f"Virtuous no longer accepts the token of {customer} ({status})."
            self.context.breakers.pause(customer, reason, "applied_ledger")
            raise PrerequisiteError(reason, remedy)

    def is_to_blame(self, ids: Sequence[int], status: int | None) -> bool:
        """Whether a row that a good key may not write is refused for itself: only if others were accepted.

        Until then it is set aside, to be sent once more at the end.

        Raises:
            PrerequisiteError: two refusals and nothing accepted: the key may not write at all. The operations stay
                planned; a hundred dead letters would help nobody.
        """
        if self.accepted:
            return True
        self.suspects += ids
        if len(self.suspects) >= REFUSED_SINGLES_BEFORE_FAILING:
            self.context.sending.planned_again(self.suspects)
            raise PrerequisiteError(
                f"Virtuous refuses every contact of {self.context.customer.id} ({status}), while the key is valid.",
                "Give the key's permission group the right to create and edit contacts, then run again.",
            )
        return False
