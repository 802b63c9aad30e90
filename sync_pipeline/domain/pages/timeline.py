"""When a run did what: its slices, and inside them reading, comparing, sending and looking."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sync_pipeline.domain.pages.facts import SentRequest, SliceSpan
from sync_pipeline.domain.pages.words import counted, duration
from sync_pipeline.domain.positions import CutRow, CutState

ONE_BAR = 100  # requests closer together than this part of the run are drawn as one bar
QUERY = "/Query"
SLICE = "slice"
PARKED = "parked"
UNFINISHED = "unfinished"
AT = "%d %b %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Span:
    """`kind` is what its colour says: slice, parked, read, unfinished, compare, send or look."""

    kind: str
    begin: datetime
    end: datetime
    label: str

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`untold`: what it cannot show, because it was never kept or is not kept any more."""

    begin: datetime
    end: datetime
    lanes: tuple[Lane, ...]
    untold: tuple[str, ...] = ()

    @property
    def ticks(self) -> list[str]:
        """Begin, middle and end."""
        span = self.end - self.begin
        form = "%d %b %H:%M" if span > timedelta(days=1) else "%H:%M:%S"
        return [f"{at:{form}}" for at in (self.begin, self.begin + span / 2, self.end)]

    @property
    def slices(self) -> int:
        return sum(span.kind == SLICE for lane in self.lanes for span in lane.spans)

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """As a table."""
        return [
            (lane.name, f"{span.begin:{AT}}", f"{span.end:{AT}}", duration(span.seconds), span.label)
            for lane in self.lanes
            for span in lane.spans
        ]


def is_write(endpoint: str) -> bool:
    """Whether a request changes something; long questions travel as POST."""
    return not endpoint.startswith("GET ") and QUERY not in endpoint


def timeline(
    begin: datetime,
    end: datetime,
    slices: Sequence[SliceSpan],
    cuts: Sequence[CutRow],
    requests: Sequence[SentRequest],
) -> Timeline:
    """The lanes of what happened, in the order in which a run does it."""
    end = max(end, begin + timedelta(milliseconds=1))
    nearness = (end - begin) / ONE_BAR
    lanes = [
        Lane("Slices", tuple(_slices(slices, end))),
        *_reads(cuts, end),
        Lane("Comparing", tuple(_comparisons(cuts))),
        Lane("Sending", tuple(_bursts("send", (one.at for one in requests if is_write(one.endpoint)), nearness))),
        Lane("Looking", tuple(_bursts("look", (one.at for one in requests if not is_write(one.endpoint)), nearness))),
    ]
    compared = [cut for cut in cuts if cut.state not in (CutState.READING, CutState.READ)]
    unknown = any(cut.compared_at is None for cut in compared if cut.state != CutState.SUPERSEDED)
    untold = ("When the changes were compared was not kept yet when this run was made.",) if unknown else ()
    return Timeline(begin, end, tuple(lane for lane in lanes if lane.spans), untold)


def _slices(slices: Sequence[SliceSpan], end: datetime) -> Iterator[Span]:
    for one in slices:
        status = one.status.value if one.status else "at work"
        yield Span(SLICE, one.started_at, one.ended_at or end, f"slice {one.number}: {status}")
    for one, following in pairwise(slices):
        if one.ended_at is not None and one.ended_at < following.started_at:
            yield Span(PARKED, one.ended_at, following.started_at, "parked")


def _reads(cuts: Sequence[CutRow], end: datetime) -> Iterator[Lane]:
    for stream in dict.fromkeys(cut.stream for cut in cuts):
        yield Lane(f"Reading {stream}", tuple(_read(cut, end) for cut in cuts if cut.stream == stream))


def _read(cut: CutRow, end: datetime) -> Span:
    """When a read that is not over was broken off is not known."""
    told = f"cut {cut.cut}: {counted(cut.rows, 'record')}"
    if cut.read_completed_at is None:
        return Span(UNFINISHED, cut.read_started_at, end, f"{told}, not read to the end")
    return Span("read", cut.read_started_at, cut.read_completed_at, told)


def _comparisons(cuts: Sequence[CutRow]) -> Iterator[Span]:
    """One stream after the other: each begins when the one before was done, or when the last read was."""
    read = [cut.read_completed_at for cut in cuts if cut.read_completed_at is not None]
    done: list[datetime] = []
    compared = sorted((cut.compared_at, cut.cut, cut.stream) for cut in cuts if cut.compared_at is not None)
    for at, cut, stream in compared:
        before = [moment for moment in (*read, *done) if moment <= at]
        if before:
            yield Span("compare", max(before), at, f"cut {cut} of {stream}")
        done.append(at)


def _bursts(kind: str, moments: Iterable[datetime], nearness: timedelta) -> Iterator[Span]:
    bursts: list[list[datetime]] = []
    for at in moments:
        if bursts and at - bursts[-1][-1] <= nearness:
            bursts[-1].append(at)
        else:
            bursts.append([at])
    for burst in bursts:
        yield Span(kind, burst[0], burst[-1], counted(len(burst), "request"))
