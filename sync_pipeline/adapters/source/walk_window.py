"""Which parents a walk visits: those whose time lies between so many days ago and so many days ahead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sync_pipeline.domain.configuration.connector import Walk, WindowEnd
from sync_pipeline.domain.time_format import ISO, spelled

PLAIN_DATE = len("2026-01-31")
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WalkWindow:
    """From `earliest` to `latest`; None is no limit."""

    earliest: datetime | None
    latest: datetime | None

    def holds(self, text: str | None) -> bool:
        """Whether a parent of this time is walked. One without a time that can be read is: nobody knows when it was."""
        moment = _moment(text)
        if moment is None or text is None:
            return True
        # A plain date is a day in a time zone that we do not know.
        slack = A_DAY if len(text.strip()) == PLAIN_DATE else timedelta()
        after = self.earliest is None or moment + 2 * slack >= self.earliest
        return after and (self.latest is None or moment - slack <= self.latest)

    def parameters(self, names: Mapping[WindowEnd, str]) -> dict[str, str]:
        """The query parameters that ask the topmost parent's list for this window."""
        ends: dict[WindowEnd, datetime | None] = {"from": self.earliest, "until": self.latest}
        return {name: spelled(moment, ISO) for end, name in names.items() if (moment := ends[end]) is not None}


def window_of(walk: Walk, now: datetime, *, unlimited_lookback: bool) -> WalkWindow:
    back = None if unlimited_lookback or walk.lookback_days is None else now - timedelta(days=walk.lookback_days)
    ahead = None if walk.lookahead_days is None else now + timedelta(days=walk.lookahead_days)
    return WalkWindow(back, ahead)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
