"""What an answer of Virtuous means for the operations that were sent (DESIGN section 5)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """The classes of answers; which one decides the next state of every operation of the request."""

    ACCEPTED = "accepted"  # 2xx
    REFUSED = "refused"  # 400, 409, 422: permanent for the row, after a batch was halved; others: see blames_the_rows
    TOO_LARGE = "too_large"  # 413: as refused, and the batch size shrinks
    THROTTLED = "throttled"  # 429, or 503 with Retry-After: nothing happened
    UNREACHED = "unreached"  # refused before connecting: nothing happened
    UNAUTHORIZED = "unauthorized"  # 401, 403: ask Organization/Current what it means
    NO_ANSWER = "no_answer"  # cut, timeout, 408, other 5xx, unreadable 2xx: the operations are in doubt


TOO_MANY_REQUESTS = 429
ABOUT_ROWS = frozenset({400, 409, 422})
"""Refusals that speak about what was sent. A redirect, 404 or 405 speaks about the endpoint, whatever is sent to it."""


@dataclass(frozen=True, slots=True)
class RateReading:
    """What the rate headers of one answer say. Every part may be missing (recordings of 2017-18 carry none)."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, free of personal data: `detail` holds status, error codes and field names only.

    `retry_after` is in seconds; `fields` are those of ours that a refusal blames.
    """

    outcome: Outcome
    status: int | None = None
    retry_after: float | None = None
    detail: str = ""
    rate: RateReading = RateReading()
    fields: tuple[str, ...] = ()

    @property
    def blames_the_rows(self) -> bool:
        """Whether a refusal is permanent for some row of the request."""
        return self.outcome == Outcome.TOO_LARGE or (self.outcome == Outcome.REFUSED and self.status in ABOUT_ROWS)
