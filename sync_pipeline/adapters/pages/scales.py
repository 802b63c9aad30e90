"""Round numbers for axes, and evenly spread labels."""

from collections.abc import Sequence
from math import ceil, floor, log10

MULTIPLES = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
ROUND_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 14_400, 21_600, 28_800, 43_200, 86_400, 172_800, 432_000),
)


def round_up(highest: float) -> float:
    """The end of an axis that holds so many: a round number, and even, because its half is told too."""
    unit = 10 ** floor(log10(max(highest, 1)))
    ends = (multiple * unit for multiple in MULTIPLES)
    return next(end for end in ends if end >= highest and end % 2 == 0)


def round_seconds_up(highest: float) -> float:
    """The same for durations."""
    return next((seconds for seconds in ROUND_SECONDS if seconds >= highest), ceil(highest / 86_400) * 86_400.0)


def spread(length: int, most: int) -> Sequence[int]:
    """Places of at most so many labels among `length` of them, the first and the last included."""
    if length <= most:
        return range(length)
    return [round(place * (length - 1) / (most - 1)) for place in range(most)]
