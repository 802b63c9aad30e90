"""Dead letters and reviews: what needs a person, and what a person may do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync_pipeline.domain.operation import State


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An operation in the state dead or review: ids, field groups and a reason, never values.

    `stream` and `key` are None for a sign-up, which stands for no record of a source. `is_replayed`: the next run plans
    it again.
    """

    operation_id: int
    state: State
    kind: str
    action: str
    stream: str | None
    key: str | None
    reference: str
    groups: tuple[str, ...]
    reason: str | None
    attempts: int
    since: datetime
    is_replayed: bool


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters are meant; what is None or empty restricts nothing. `reason` is a part of theirs."""

    ids: Sequence[int] = ()
    state: State | None = None
    stream: str | None = None
    kind: str | None = None
    key: str | None = None
    reason: str | None = None
    before: datetime | None = None

    @property
    def restricts(self) -> bool:
        return any((self.ids, self.state, self.stream, self.kind, self.key, self.reason, self.before))


class Outcome(StrEnum):
    """What became of a letter."""

    REPLAYED = "replayed"  # the next run plans it again, from what the source says then
    OVERTAKEN = "overtaken"  # a newer value of the same record was planned since: nothing to repeat
    DISCARDED = "discarded"
