"""Charts of columns: where each piece stands, in parts of the width and pixels of the height.

Places along the chart are percentages and text keeps its size, so one drawing is legible at 400 and at 1280 pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync_pipeline.adapters.pages.scales import round_up, spread

HEIGHT = 140
TOP = 16  # the highest line's own text
BOTTOM = 20  # the labels
LEAST_HEIGHT = 1.5
MOST_LABELS = 4


@dataclass(frozen=True, slots=True)
class Series:
    """`css` gives the colour; a sequence of them one for each column."""

    name: str
    values: Sequence[float]
    css: str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A level that the columns are to be held against."""

    value: float
    text: str
    css: str


@dataclass(frozen=True, slots=True)
class Piece:
    x: float
    y: float
    width: float
    height: float
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Level:
    y: float
    text: str
    css: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """All a template needs to draw it. `base` is where the columns stand."""

    height: float
    base: float
    pieces: Sequence[Piece]
    levels: Sequence[Level]
    labels: Sequence[Label]


def column_chart(
    series: Sequence[Series],
    labels: Sequence[str],
    titles: Sequence[str],
    *,
    lines: Sequence[Line] = (),
    end: Callable[[float], float] = round_up,
    spelled: Callable[[float], str] = "{:,.0f}".format,
    gap: float = 0.2,
    least_columns: int = 1,
    most_labels: int = MOST_LABELS,
) -> ColumnChart:
    """Columns of stacked series. `titles` say all of a column in words; `end` rounds the axis up.

    Fewer than `least_columns` stand at the right.
    """
    totals = [sum(one.values[place] for one in series) for place in range(len(labels))]
    number = max(len(labels), least_columns)
    empty = number - len(labels)
    top = end(max((*totals, *(line.value for line in lines)), default=0))
    base, full = float(TOP + HEIGHT), float(HEIGHT)
    pieces = []
    for place in range(len(labels)):
        width = 100 / number
        y = base
        for one in series:
            value = one.values[place]
            if value <= 0:
                continue
            height = max(LEAST_HEIGHT, value / top * full)
            y -= height
            css = one.css if isinstance(one.css, str) else one.css[place]
            x = (empty + place) * width + width * gap / 2
            pieces.append(
                Piece(round(x, 3), round(y, 1), round(width * (1 - gap), 3), round(height, 1), css, titles[place])
            )
    levels = [
        Level(base - part * full, spelled(part * top), "grid")
        for part in (0.5, 1.0)
        if not any(abs(line.value / top - part) < TOP / full for line in lines)
    ]
    levels += [Level(round(base - line.value / top * full, 1), line.text, line.css) for line in lines]
    return ColumnChart(base + BOTTOM, base, pieces, levels, _labels(labels, number, most_labels))


def _labels(labels: Sequence[str], columns: int, most: int) -> list[Label]:
    empty, last = columns - len(labels), columns - 1
    found: list[Label] = []
    following = float("inf")
    for label in reversed(spread(len(labels), most)):
        place = empty + label
        if following - place < columns / most:
            continue  # few columns at the right: two dates would be written over each other
        following = place
        anchor = "middle" if last == 0 else "start" if place == 0 else "end" if place == last else "middle"
        x = 0.0 if anchor == "start" else 100.0 if anchor == "end" else (place + 0.5) * 100 / columns
        found.append(Label(round(x, 2), anchor, labels[label]))
    return found[::-1]
