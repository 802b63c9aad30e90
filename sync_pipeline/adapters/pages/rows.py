"""Charts of horizontal bars: one row each, its name above it, because names are long and telephones narrow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sync_pipeline.domain.pages.timeline import PARKED, SLICE, UNFINISHED, Lane, Timeline
from sync_pipeline.domain.pages.words import duration

LEAST_WIDTH = 0.4
PHASES = {
    SLICE: "slice",
    PARKED: "parked",
    "read": "reading a source",
    UNFINISHED: "not read to the end",
    "compare": "comparing",
    "send": "sending to Virtuous",
    "look": "looking in Virtuous",
}
"""What the colours of a timeline mean, in the order of a run."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Part of a row, in percent of its width."""

    x: float
    width: float
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: str
    segments: Sequence[Segment]


def stacked_row(name: str, value: str, parts: Mapping[str, tuple[float, str]], most: float) -> Row:
    """`parts` maps a css class to a number and what it says; `most` fills the row."""
    x, segments = 0.0, []
    for css, (number, title) in parts.items():
        if number > 0:
            width = max(LEAST_WIDTH, number / most * 100)
            segments.append(Segment(round(x, 2), round(min(width, 100 - x), 2), css, title))
            x += width
    return Row(name, value, segments)


def timeline_rows(timeline: Timeline) -> list[Row]:
    return [_lane(lane, timeline) for lane in timeline.lanes]


def timeline_legend(timeline: Timeline) -> list[tuple[str, str]]:
    """The kinds that occur."""
    drawn = {span.kind for lane in timeline.lanes for span in lane.spans}
    return [(kind, text) for kind, text in PHASES.items() if kind in drawn]


def _lane(lane: Lane, timeline: Timeline) -> Row:
    whole = (timeline.end - timeline.begin) / timedelta(seconds=1)
    segments = []
    for span in lane.spans:
        x = min(100 - LEAST_WIDTH, max(0.0, (span.begin - timeline.begin).total_seconds() / whole * 100))
        width = min(100 - x, max(LEAST_WIDTH, span.seconds / whole * 100))
        title = f"{span.label}, {span.begin:%H:%M:%S} to {span.end:%H:%M:%S} UTC, {duration(span.seconds)}"
        segments.append(Segment(round(x, 3), round(width, 3), span.kind, title))
    busy = sum(span.seconds for span in lane.spans if span.kind not in (PARKED, UNFINISHED))
    value = "not finished" if lane.spans[-1].kind == UNFINISHED else duration(busy)
    return Row(lane.name, value, segments)
