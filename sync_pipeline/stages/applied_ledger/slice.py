"""The state of one slice's sending: how often it may still try, which endpoints are left alone, why it has to stop."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.batch_size import BatchSize
from sync_pipeline.domain.crm import notes, tags
from sync_pipeline.domain.errors import PrerequisiteError
from sync_pipeline.domain.operation import UNACCOUNTED, NoPermit, State
from sync_pipeline.domain.routes import Routes
from sync_pipeline.ports import Destination
from sync_pipeline.stages.applied_ledger.requests import why_undecided
from sync_pipeline.stages.context import StageContext, routes
from sync_pipeline.stages.observing import WAIT_WITHOUT_ADVICE, blocked
from sync_pipeline.stages.permits import sit_out, wait_for_quota
from sync_pipeline.stages.source_snapshot.prerequisites import ask_organization, confirm_not_paused

TRIES = 5
SILENT_TRIES_BEFORE_SHRINKING = 2  # one lost answer says nothing about how many rows were too many
LONGEST_BACKOFF_SECONDS = 16
REFUSED_SINGLES_BEFORE_BLOCKING = 2


@dataclass(frozen=True, slots=True)
class Park:
    """The slice stops on purpose, with work left; `asking`: before everything that waits was asked about.

    `others_too`: a platform is down for everybody, so that getting nothing done is no sign of being stuck.
    """

    resume_at: datetime
    reason: str
    asking: bool = False
    others_too: bool = False

    @property
    def goes_on_with(self) -> frozenset[State]:
        """What the next slice can do something about."""
        return UNACCOUNTED | {State.WAITING} if self.asking else UNACCOUNTED


@dataclass(slots=True)
class SliceState:
    """Counts tries in a row without a definite answer, and keeps the reason to stop once there is one.

    An endpoint that answers nothing, or is not there, is left alone while others still answer: `silent` has the
    reason, for which its operations are deferred. One that the key may not use is `forbidden`: they stay planned.
    """

    context: StageContext
    park: Park | None = None
    exhausted: str | None = None
    accepted: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    tries_of: Counter[str] = field(default_factory=Counter)
    silent: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    suspects: dict[str, list[int]] = field(default_factory=dict)
    sizes: dict[str, BatchSize] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        return self.park is not None or self.exhausted is not None

    @property
    def blocked(self) -> frozenset[str]:
        """Endpoints that get nothing more in this slice."""
        return frozenset(self.silent) | self.forbidden

    def must_end(self) -> bool:
        """Whether nothing more may begin in this slice.

        Raises:
            PausedError: somebody paused the customer while it was at work.
        """
        confirm_not_paused(self.context)
        if self.park is None and self.context.out_of_time:
            self.park = Park(self.context.clock.now(), self.context.why_out_of_time)
        return self.park is not None

    async def wait_or_park(self, refusal: NoPermit) -> None:
        """Sit out a short wait for quota in this process; park for a longer one."""
        until = await wait_for_quota(self.context, refusal)
        if until is not None:
            self.park = Park(until, refusal.reason)

    async def settle_or_park(self, until: datetime, reason: str) -> None:
        """Sit out what is over in a moment; park for what takes longer."""
        if not await sit_out(self.context, until):
            self.park = Park(until, reason)

    @property
    def routes(self) -> Routes:
        """In which requests operations travel, with the batch sizes that this slice has found to be taken."""
        known = routes(self.context.customer)
        return replace(known, limits={endpoint: size.limit for endpoint, size in self.sizes.items()})

    def size(self, endpoint: str) -> BatchSize:
        """What is known about the number of rows this endpoint takes at once."""
        return self.sizes.setdefault(endpoint, BatchSize(self.routes.limit(endpoint)))

    def answered(self, endpoint: str, rows: int) -> None:
        """A request with so many rows got a definite answer."""
        self.tries = 0
        self.tries_of[endpoint] = 0
        self.size(endpoint).answered(rows)

    async def unanswered(self, endpoint: str, rows: int, answer: Answer) -> None:
        """Count a try of a request with so many rows that brought no definite answer; back off before the next one.

        Who answers nothing at all gets twice the tries of one endpoint: one of them may be the only one in trouble.
        """
        self.tries += 1
        self.tries_of[endpoint] += 1
        why = why_undecided(answer)
        if answer.outcome == Outcome.NO_ANSWER and self.tries_of[endpoint] >= SILENT_TRIES_BEFORE_SHRINKING:
            self.size(endpoint).silent(rows)
        if self.tries_of[endpoint] >= TRIES:
            self.silent[endpoint] = why
            if answer.outcome == Outcome.REFUSED:
                self._fail_missing(self.routes.label(endpoint, rows), answer)
        if self.tries >= 2 * TRIES:
            self.exhausted = why
        elif endpoint not in self.silent:
            await self.context.sleep(min(2 ** (self.tries_of[endpoint] - 1), LONGEST_BACKOFF_SECONDS))

    def _fail_missing(self, label: str, answer: Answer) -> None:
        """Waiting mends nothing here: the organization has no such endpoint, or it is another address."""
        if label in self.missing:
            return
        self.missing.add(label)
        switch = SWITCHES.get(label)
        remedy = (
            f"Set `{switch}: false` in the customer's file: what was to travel there goes singly on the next run."
            if switch
            else "Check `destination.base_url`. An organization without volunteers has no volunteer endpoints: take "
            "the streams that write there out of the customer's file."
        )
        reason = (
            f"Virtuous has no {label} for {self.context.customer.id} ({answer.status}); what goes there is deferred."
        )
        self.context.fail("applied_ledger", reason, remedy)

    def begin_last_settling(self) -> dict[str, str]:
        """What got no answer is asked about once more before the slice ends; answers what was left alone until now."""
        left_alone = dict(self.silent)
        self.silent.clear()
        self.tries_of.clear()
        for size in self.sizes.values():
            size.forget_an_outage()
        self.tries, self.exhausted = 0, None
        return left_alone

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
            ParkedError: not even this question fits the budget.
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

    def is_to_blame(self, endpoint: str, ids: Sequence[int], status: int | None) -> bool:
        """Whether a row that a good key may not write is refused for itself: only if others were accepted.

        Until then it is set aside, to be sent once more at the end. After two refusals and nothing accepted the key
        may not use the endpoint at all: a hundred dead letters would help nobody.
        """
        if self.accepted[endpoint]:
            return True
        suspects = self.suspects.setdefault(endpoint, [])
        suspects += ids
        if len(suspects) >= REFUSED_SINGLES_BEFORE_BLOCKING:
            self._forbid(endpoint, status)
        return False

    def _forbid(self, endpoint: str, status: int | None) -> None:
        self.forbidden.add(endpoint)
        self.context.sending.planned_again(self.suspects.pop(endpoint))
        what, right = RIGHTS.get(endpoint.split("/")[2], ("call", "to do that"))
        self.context.fail(
            "applied_ledger",
            f"Virtuous refuses every {what} of {self.context.customer.id} ({status} to {endpoint}), while the key is "
            "valid.",
            f"Give the key's permission group the right {right}, then run again.",
        )


SWITCHES = {notes.BULK: "destination.bulk.notes", tags.BULK: "destination.bulk.tags"}
RIGHTS = {
    "Contact": ("contact", "to create and edit contacts"),
    "v2": ("gift", "to create gifts"),
    "Gift": ("reversal of a gift", "to edit gifts"),
    "ContactNote": ("note", "to create and edit notes"),
    "ContactTag": ("tag", "to edit tags"),
    "Tag": ("tag", "to edit tags"),
    "VolunteerOpportunity": ("volunteer record", "to create and edit volunteer opportunities"),
}
