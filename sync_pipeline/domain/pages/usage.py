"""Requests to one organization by the minute, and how much of its quota they had in use."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sync_pipeline.domain.pages.facts import SentRequest

MINUTE = timedelta(minutes=1)
MOST_BARS = 100
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
LEAD = timedelta(hours=1)
"""What was sent before a run counts against its quota too."""
LEAST_LEAD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Usage:
    """Bars of `width` each, from `begin` on.

    `own` are requests of the run, `others` those of other runs of ours; `in_use` is the most that counted at the same
    time during each bar. `budget` is our share of `limit` for each `window`. `lost`: requests of the run that are not
    kept any more.
    """

    begin: datetime
    width: timedelta
    own: tuple[int, ...]
    others: tuple[int, ...]
    in_use: tuple[int, ...]
    throttled: int
    window: timedelta
    budget: int
    limit: int
    lost: int

    @property
    def end(self) -> datetime:
        return self.begin + self.width * len(self.own)

    @property
    def rows(self) -> list[tuple[str, int, int, int]]:
        """As a table, without what is empty."""
        return [
            (f"{self.begin + self.width * place:%Y-%m-%d %H:%M}", own, others, in_use)
            for place, (own, others, in_use) in enumerate(zip(self.own, self.others, self.in_use, strict=True))
            if own or others
        ]

    @property
    def peak_share(self) -> int:
        """In percent of our share."""
        return round(100 * self.peak / self.budget)

    @property
    def peak(self) -> int:
        return max(self.in_use, default=0)


def usage(
    own: Sequence[SentRequest],
    others: Iterable[tuple[datetime, int]],
    begin: datetime,
    end: datetime,
    window: timedelta,
    budget: int,
    limit: int,
    reported: int,
) -> Usage:
    """`others` are counts by the minute, from a window before `begin` on. `reported`: what the run says it sent."""
    mine = Counter(_minute(one.at) for one in own)
    theirs: Counter[datetime] = Counter()
    for at, requests in others:
        theirs[at] += requests
    first = _minute(min(begin - LEAST_LEAD, *(at for at in theirs if at >= begin - min(window, LEAD)), begin))
    minutes = (_minute(end) - first) // MINUTE + 1
    width = next((width for width in WIDTHS if ceil(minutes / width) <= MOST_BARS), WIDTHS[-1])
    counting = max(1, ceil(window / MINUTE))
    running = sum(theirs[first - MINUTE * back] + mine[first - MINUTE * back] for back in range(1, counting + 1))
    in_use = []
    for place in range(ceil(minutes / width) * width):
        at = first + MINUTE * place
        running += mine[at] + theirs[at] - mine[at - MINUTE * counting] - theirs[at - MINUTE * counting]
        in_use.append(running)
    return Usage(
        begin=first,
        width=MINUTE * width,
        own=_bars(mine, first, width, minutes),
        others=_bars(theirs, first, width, minutes),
        in_use=tuple(max(in_use[start : start + width]) for start in range(0, len(in_use), width)),
        throttled=sum(one.throttled for one in own),
        window=window,
        budget=budget,
        limit=limit,
        lost=max(0, reported - len(own)),
    )


def _bars(by_minute: Counter[datetime], first: datetime, width: int, minutes: int) -> tuple[int, ...]:
    return tuple(
        sum(by_minute[first + MINUTE * place] for place in range(start, start + width))
        for start in range(0, minutes, width)
    )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
