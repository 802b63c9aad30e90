"""Schedule: a sign of life for a cron monitor. When it stays away, nobody is left here to tell."""

from datetime import timedelta

import dagster as dg
import httpx

from sync_pipeline.orchestration.jobs import nightly_sync
from sync_pipeline.orchestration.resources import WorkplaceResource

SECONDS = 5.0
LOOKED_WITHIN = timedelta(minutes=10)
"""Whoever cannot look at the fleet any more must not seem well."""


@dg.schedule(
    job=nightly_sync,  # a schedule needs one; none is ever requested
    cron_schedule="* * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def heartbeat(workplace: WorkplaceResource) -> dg.SkipReason:
    """Ask for `SYNC_HEARTBEAT_URL` while the daemon runs and check_alerts has looked lately."""
    opened = workplace.get()
    url = opened.settings.heartbeat_url
    if url is None:
        return dg.SkipReason("SYNC_HEARTBEAT_URL is not set")
    looked_at, now = opened.state.alerts.last_look(), opened.clock.now()
    if looked_at is None or now - looked_at > LOOKED_WITHIN:
        return dg.SkipReason("no sign of life: check_alerts has not looked lately")
    try:
        answer = httpx.get(str(url), timeout=SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        return dg.SkipReason(f"no sign of life: {type(error).__name__}")
    return dg.SkipReason(f"the monitor answered {answer.status_code}")
