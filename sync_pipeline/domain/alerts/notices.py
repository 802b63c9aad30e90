"""Which changes go into one message, and when: many customers that fail at once are one message, not hundreds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sync_pipeline.domain.alerts.changes import Change

GATHERED_FOR = timedelta(minutes=10)
"""After a message about a kind of problem, further ones of that kind are gathered for so long."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


class NoticeState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # may have left; in doubt when nobody is sending it any more
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to people that has not arrived yet. `is_spoken`: the second channel said it meanwhile."""

    notice_id: int
    channel: str
    text: str
    state: NoticeState
    attempts: int
    attempted_at: datetime | None
    is_spoken: bool


class Outcome(StrEnum):
    SENT = "sent"
    LATER = "later"  # nothing happened: not reached, or asked to wait
    REFUSED = "refused"  # a person has to mend something
    UNKNOWN = "unknown"  # no answer that says whether it arrived


@dataclass(frozen=True, slots=True)
class Posting:
    """What became of one attempt. `reason` is the receiver's own word for it; `wait` is what it asked for."""

    outcome: Outcome
    reason: str = ""
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change, and its number in the book of alerts."""

    change_id: int
    change: Change


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one kind of problem, for one message in one channel."""

    channel: str
    topic: str
    changes: Sequence[StoredChange]


def due_groups(
    untold: Iterable[StoredChange],
    channel_of: Callable[[str], str],
    last_told: Mapping[tuple[str, str], datetime],
    now: datetime,
) -> list[Group]:
    """What is to be told now.

    `channel_of` answers a customer's channel; `last_told`: when each (channel, kind of problem) had its last message.
    """
    gathered: dict[tuple[str, str], list[StoredChange]] = {}
    for one in untold:
        subject = one.change.problem.subject
        gathered.setdefault((channel_of(subject.customer_id), subject.name), []).append(one)
    return [
        Group(channel, topic, members)
        for (channel, topic), members in gathered.items()
        if (told := last_told.get((channel, topic))) is None or now - told >= GATHERED_FOR
    ]


def next_try(attempts: int, advised: timedelta | None) -> timedelta:
    """How long to wait after so many tries; what the receiver asks for counts if it is longer."""
    backoff = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    return max(backoff, advised or timedelta())
