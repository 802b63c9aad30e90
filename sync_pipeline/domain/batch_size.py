"""How many rows an endpoint takes at once, by what it answered so far.

Virtuous publishes no maximum, and no document says what happens above it: a 413, a gateway's timeout or its 502 are all
to be expected of a call that takes rows one after the other. Silence has other reasons as well, an outage or one row
that makes the server fail. It speaks about the size only while everything that was answered was smaller.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class BatchSize:
    """The evidence of one slice about one endpoint; `most` is what the customer's file allows."""

    most: int
    _silent: int | None = None  # the smallest number of rows that got no answer again and again
    _took: int = 0  # the largest that was answered since

    @property
    def limit(self) -> int:
        """How many rows the next request may carry."""
        if self._silent is None or self._silent <= self._took:
            return self.most
        return min(self.most, max(1, self._silent // 2))

    @property
    def is_proven(self) -> bool:
        """Whether fewer rows were answered where more were not: an outage answers neither."""
        return self._silent is not None and 0 < self._took < self._silent

    def too_large(self, rows: int) -> None:
        """So many rows were refused for their number."""
        self.most = max(1, min(self.most, rows // 2))

    def silent(self, rows: int) -> None:
        """So many rows got no answer again and again."""
        if rows > 1:
            self._silent = rows if self._silent is None else min(self._silent, rows)

    def answered(self, rows: int) -> None:
        """So many rows got an answer, whichever."""
        if self._silent is not None:
            self._took = max(self._took, rows)

    def forget_an_outage(self) -> None:
        """Nothing was answered at all: that says nothing about the size."""
        if self._took == 0:
            self._silent = None
