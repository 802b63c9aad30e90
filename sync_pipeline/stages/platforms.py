"""Before and after asking a platform: is it down for everybody, and was what happened its fault or this customer's."""

from sync_pipeline.domain.errors import PlatformDown, SourceUnavailable, SyncError, TokenRefused
from sync_pipeline.domain.platforms import PlatformState, Trouble
from sync_pipeline.stages.context import StageContext

SAID = {
    Trouble.UNAVAILABLE: "gives several customers in a row no answer that can be used",
    Trouble.REFUSED: "takes the token of several customers in a row no longer",
}


def held_back(context: StageContext, platform: str) -> PlatformDown | None:
    """Why this platform is not asked now; None when it may be."""
    state = context.platforms.hold_back(platform, context.customer.id)
    return None if state is None else _down(context, platform, state)


def report_trouble(context: StageContext, platform: str, trouble: Trouble) -> PlatformDown | None:
    """Tell that it failed, after several tries; answers what to do instead of failing when others say the same."""
    state = context.platforms.failed(platform, context.customer.id, trouble)
    return None if state is None else _down(context, platform, state)


def judge_source(context: StageContext, source: str, error: SyncError | None) -> SyncError | None:
    """What came of asking a source (None: data), told to everybody; a token that was good until now pauses."""
    platform = context.customer.sources[source].platform
    match error:
        case None:
            context.platforms.answered(platform)
        case SourceUnavailable():
            return report_trouble(context, platform, Trouble.UNAVAILABLE) or error
        case TokenRefused():
            return report_trouble(context, platform, Trouble.REFUSED) or _paused(context, source, error)
        case _:
            pass
    return error


def is_any_down(context: StageContext) -> bool:
    """Whether a platform that this customer uses is down: what fails then says nothing about the customer."""
    customer = context.customer
    return not context.platforms.down().keys().isdisjoint({customer.destination.platform, *customer.source_platforms})


def _paused(context: StageContext, source: str, error: TokenRefused) -> TokenRefused:
    """A token that was never accepted is a mistake in a file; who mends that needs no pause to be ended as well."""
    customer = context.customer
    streams = customer.streams_by_source[source]
    if all(context.positions.position(customer.id, source, stream).acknowledged_cut is None for stream in streams):
        return error
    context.breakers.pause(customer.id, f"{source} no longer accepts its token", "source_snapshot")
    resume = f"sync-pipeline customers resume {customer.id} --reason 'new token'"
    return TokenRefused(error.message, f"{error.remedy} Then run: {resume}")


def _down(context: StageContext, platform: str, state: PlatformState) -> PlatformDown:
    until = state.held_until(context.clock.now()) or context.clock.now()
    return PlatformDown(until, f"{platform} {SAID[state.trouble]}; one of them tries it from time to time")
