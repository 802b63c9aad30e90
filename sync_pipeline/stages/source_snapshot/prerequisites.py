"""What must hold before anything is read: not paused, both credentials accepted, the right organization."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.errors import ParkedError, PausedError, PrerequisiteError, SourceError, SyncError
from sync_pipeline.domain.organization import Organization, WriteAccess
from sync_pipeline.domain.platforms import Trouble
from sync_pipeline.domain.positions import ReadSoFar
from sync_pipeline.ports import Destination, Source
from sync_pipeline.stages.context import StageContext
from sync_pipeline.stages.observing import blocked, observe
from sync_pipeline.stages.permits import take_permit
from sync_pipeline.stages.platforms import held_back, judge_source, report_trouble

ORGANIZATION = "GET /api/Organization/Current"
PERMISSION = "GET /api/Permission"
TRIES = 5
PASSING = {Outcome.UNREACHED, Outcome.NO_ANSWER}


@dataclass(frozen=True, slots=True)
class Fitness:
    """What was found fit; `unfit` maps a source that cannot be read to the reason. `warnings` stop nothing.

    `spent` is what finding out cost at each source.
    """

    warnings: list[str]
    unfit: Mapping[str, SyncError]
    spent: Mapping[str, ReadSoFar]


async def confirm_prerequisites(context: StageContext) -> Fitness:
    """Check everything a run needs. A source that cannot be read stops the others only if there are none.

    Raises:
        PausedError: the breaker or a person stopped this customer.
        PrerequisiteError: a credential, a right or the organization is not fit; the remedy says what to do.
        ParkedError: not even these requests fit the budget now.
        SourceError: no source answered, or accepted its credential.
    """
    confirm_not_paused(context)
    unfit: dict[str, SyncError] = {}
    spent: dict[str, ReadSoFar] = {}
    sources = context.customer.streams_by_source
    for source, streams in sources.items():
        reason = await _why_unfit(context, source, streams, spent)
        if reason is not None:
            unfit[source] = reason
    if len(unfit) == len(sources):
        raise next(iter(unfit.values()))
    async with context.open_destination() as destination:
        warnings = await confirm_organization(context, destination)
        return Fitness([*warnings, *await _confirm_write_access(context, destination)], unfit, spent)


async def confirm_organization(context: StageContext, destination: Destination) -> list[str]:
    """Confirm that the token belongs to the organization of last time; answers what a person should know.

    Raises:
        PrerequisiteError: the token is not accepted, the organization is disabled, or it is another one.
        ParkedError: not even this question fits the budget now.
    """
    organization = await _organization(context, destination)
    warnings = _compare_organization(context, organization)
    context.runs.note_organization(context.keeper.lease, context.dagster_run_id, organization.user_id)
    return warnings


async def _why_unfit(
    context: StageContext, source_name: str, streams: list[str], spent: dict[str, ReadSoFar]
) -> SyncError | None:
    held = held_back(context, context.customer.sources[source_name].platform)
    if held is not None:
        return held
    try:
        async with context.open_source(source_name) as source:
            try:
                return judge_source(context, source_name, await refusal_of(source, streams))
            finally:
                spent[source_name] = ReadSoFar(source.requests, source.pauses)
    except PrerequisiteError as error:  # its token is missing
        return error


async def refusal_of(source: Source, streams: Iterable[str]) -> SourceError | None:
    """A source is fit when one of its streams answers: what is wrong with the others their own reads will say."""
    reason: SourceError | None = None
    for stream in streams:
        try:
            await source.check(stream)
        except SourceError as error:
            reason = reason or error
        else:
            return None
    return reason


def confirm_not_paused(context: StageContext) -> None:
    breaker = context.breakers.breaker(context.customer.id)
    if breaker.is_paused(context.clock.now()):
        raise PausedError(
            f"{context.customer.id} is paused: {breaker.reason or 'no reason was given'}",
            f"Mend the cause, then run: sync-pipeline customers resume {context.customer.id} --reason '...'",
        )


async def _organization(context: StageContext, destination: Destination) -> Organization:
    organization, answer = await ask_organization(context, destination)
    if organization is not None:
        return organization
    reason = f"Virtuous does not accept the token of {context.customer.id} ({answer.status})."
    renew = (
        "Make a new API key in the organization's settings (Connectivity), store it where `destination.token` points, "
    )
    if context.quota.organization(context.destination_name) is None:
        raise PrerequisiteError(reason, f"{renew}and run again.")
    context.breakers.pause(context.customer.id, reason, "prerequisites")
    raise PrerequisiteError(
        reason, f"{renew}then run: sync-pipeline customers resume {context.customer.id} --reason 'new key'"
    )


async def ask_organization(context: StageContext, destination: Destination) -> tuple[Organization | None, Answer]:
    """Whose token it is; None only when the answer says that the token is not accepted.

    Raises:
        PrerequisiteError: no answer after several tries, so nobody knows.
        PlatformDown: other customers in a row fare no better, or did so just now.
        ParkedError: not even this question fits the budget now.
    """
    platform = context.customer.destination.platform
    if (held := held_back(context, platform)) is not None:
        raise held
    organization, answer = await _ask_organization(context, destination)
    if organization is not None:
        context.platforms.answered(platform)
        return organization, answer
    refused = answer.outcome == Outcome.UNAUTHORIZED
    down = report_trouble(context, platform, Trouble.REFUSED if refused else Trouble.UNAVAILABLE)
    if down is not None:
        raise down
    if not refused:
        raise _unavailable(context, answer)
    return None, answer


async def _ask_organization(context: StageContext, destination: Destination) -> tuple[Organization | None, Answer]:
    tries = 0
    while True:
        permit = await take_permit(context, ORGANIZATION)
        organization, answer = await destination.organization()
        observe(context, answer, permit)
        tries += 1
        if organization is not None or answer.outcome == Outcome.UNAUTHORIZED:
            return organization, answer
        if answer.outcome == Outcome.THROTTLED:
            if tries == TRIES:
                raise ParkedError(blocked(context.clock.now(), answer), "Virtuous keeps asking to wait")
            continue  # the answer blocked the quota: the next permit waits, or parks
        if answer.outcome not in PASSING or tries == TRIES:
            return None, answer
        await context.sleep(2**tries)


def _unavailable(context: StageContext, answer: Answer) -> PrerequisiteError:
    detail = (answer.detail or answer.outcome).rstrip(".")
    return PrerequisiteError(
        f"Virtuous did not answer Organization/Current for {context.customer.id}: {detail}.",
        "Nothing was sent. The next run tries again; if it lasts, look at Virtuous's status page and "
        "`destination.base_url`.",
    )


def _compare_organization(context: StageContext, organization: Organization) -> list[str]:
    if not organization.is_enabled:
        raise PrerequisiteError(
            f"The Virtuous organization of {context.customer.id} is disabled.",
            "Ask the customer whether they still use Virtuous; pause or remove the customer until they do.",
        )
    known = context.quota.organization(context.destination_name)
    moved = known is not None and known[0] != organization.user_id
    if moved and known is not None and known[1] is not None:
        reason = (
            f"The token of {context.customer.id} now belongs to another organization "
            f"(it was {known[0]}, it is {organization.user_id})."
        )
        context.breakers.pause(context.customer.id, reason, "prerequisites")
        raise PrerequisiteError(
            reason,
            "Check `destination.token`: writing one nonprofit's people into another's database cannot be undone. If "
            f"the move is meant: sync-pipeline customers resume {context.customer.id} --reason 'new organization'",
        )
    if moved:  # a person agreed: the new organization has nothing of what the old one acknowledged
        context.planning.forget_acknowledged(context.keeper.lease)
    context.quota.remember_organization(context.destination_name, organization)
    if known is not None and known[1] not in (None, organization.name):
        return [f"The organization {organization.user_id} changed its name."]
    return []


async def _confirm_write_access(context: StageContext, destination: Destination) -> list[str]:
    if not any(stream.recipe.writes == "contact" for stream in context.customer.streams.values()):
        return []  # a key for gifts alone need not be allowed to write contacts
    permit = await take_permit(context, PERMISSION)
    access, answer = await destination.contact_write_access()
    observe(context, answer, permit)
    if access == WriteAccess.REFUSED:
        raise PrerequisiteError(
            f"The token of {context.customer.id} may not write contacts.",
            "Give its permission group the right to create and edit contacts, or make a key with another group.",
        )
    if access == WriteAccess.UNKNOWN:
        return [f"Permission said nothing we understand about writing contacts ({answer.status or answer.outcome})."]
    return []
