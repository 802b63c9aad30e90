"""Whether a number is out of line with those of earlier nights, whatever single nights among them were like."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

ENOUGH = 7
"""A week of nights: before that, nobody knows what is usual."""
MOST = 30
SPREADS = 4
SPREAD_OF_DEVIATION = 1.4826
"""A normal distribution's standard deviation is so many times its median absolute deviation."""
LEAST_SHARE = 0.5
"""Half as much again is within what nights are, however alike the last ones were."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The range that the numbers of earlier nights make likely; `least` is 0 at the lowest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float], tolerance: float) -> "Usual | None":
        """From the newest `MOST` numbers; a difference of `tolerance` is never out of line. None: too few nights.

        Median and median absolute deviation: up to half of the nights may have been anything.
        """
        if len(values) < ENOUGH:
            return None
        newest = values[:MOST]
        middle = median(newest)
        deviation = median(abs(value - middle) for value in newest)
        reach = max(SPREADS * SPREAD_OF_DEVIATION * deviation, LEAST_SHARE * middle, tolerance)
        return cls(middle, max(0.0, middle - reach), middle + reach)

    def is_above(self, value: float) -> bool:
        return value > self.most

    def is_below(self, value: float) -> bool:
        return value < self.least
