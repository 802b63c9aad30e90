"""What is known about the cuts of a customer, and what lies on disk of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync_pipeline.domain.positions import CutState, Position


class Kind(StrEnum):
    """What a file of a stream holds; the name of its folder."""

    SNAPSHOTS = "snapshots"
    DELTAS = "deltas"
    CHANGE_SETS = "change_sets"
    ACKNOWLEDGED = "acknowledged"
    READING = "reading"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a stream, or a folder of unfinished work.

    `size` is in bytes. `content` is the same for all names of one content, which has `names` of them: a snapshot that
    was read as a whole shares it with its delta. `is_unfinished`: it belongs to the process that is writing it.
    """

    kind: Kind
    name: str
    cut: int
    written_at: datetime
    size: int
    content: int
    names: int
    is_unfinished: bool


@dataclass(frozen=True, slots=True)
class KnownCut:
    """What retention asks of a cut; `read_at` is when its read ended, or began if it never did.

    `is_pruned`: it is over, and its files were to be removed; a process may have been killed before they were.
    """

    cut: int
    stream: str
    state: CutState
    run_id: str
    snapshot_cut: int | None
    read_at: datetime
    is_pruned: bool = False


@dataclass(frozen=True, slots=True)
class CutHistory:
    """What the state store says about a customer's cuts at one moment.

    `cuts` lack those that were pruned long ago. `open_cuts` are named by operations that are not over, `open_runs`
    are at work or parked. Cuts are numbered on from `newest_cut`.
    """

    cuts: Sequence[KnownCut]
    positions: Sequence[Position]
    newest_cut: int
    open_cuts: frozenset[int] = frozenset()
    open_runs: frozenset[str] = frozenset()

    @property
    def streams(self) -> list[str]:
        return sorted({cut.stream for cut in self.cuts} | {position.stream for position in self.positions})

    def of(self, stream: str) -> list[KnownCut]:
        return [cut for cut in self.cuts if cut.stream == stream]
