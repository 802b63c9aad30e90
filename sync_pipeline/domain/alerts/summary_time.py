"""When the morning's summary is told."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SUMMARY = "summary"
MORNING = timedelta(hours=3)
"""Later than this a summary is nobody's morning any more: a daemon that was away until then leaves it out."""


@dataclass(frozen=True, slots=True)
class SummaryTime:
    """When the summary is told, by the clocks of one time zone."""

    at: time
    zone: ZoneInfo

    def due(self, now: datetime) -> date | None:
        """The date whose summary is to be told now, if it was not yet."""
        local = now.astimezone(self.zone)
        today = datetime.combine(local.date(), self.at, self.zone)
        return local.date() if today <= local < today + MORNING else None
