"""The life of one stream in memory, as the stages and the state store live it: rows, positions and files."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from sync_pipeline.domain.cut_history import CutHistory, Kind, KnownCut, StoredFile
from sync_pipeline.domain.positions import CutState, Position
from sync_pipeline.domain.retention import COMPARED, Since, over, removable

STREAM = "users"
NIGHTS = (
    ("begin", "read", "compare", "plan"),
    ("begin", "read", "fold", "plan"),
    ("begin", "read_nothing_new", "compare", "plan"),
    ("begin", "read", "hold"),
    ("begin", "read"),
    ("begin",),
    ("compare", "plan"),
    ("fold", "plan"),
    ("approve",),
    ("discard",),
    ("begin", "read", "compare", "plan", "forget"),
    ("begin", "read_nothing_new", "compare", "plan", "forget"),
)
LIVES = st.lists(st.tuples(st.sampled_from(NIGHTS), st.integers(1, 40)), min_size=15, max_size=40)
"""What is done, hours after what was done before."""


@dataclass(frozen=True)
class Moment:
    """What a state store of this moment names."""

    at: datetime
    current: frozenset[tuple[Kind, int]]


@dataclass
class Life:
    """`rows` are by cut. Nothing happens where a stage would not come to it."""

    snapshots_days: int
    change_sets_days: int
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    rows: dict[int, KnownCut] = field(default_factory=dict)
    pruned: set[int] = field(default_factory=set)
    position: Position = field(default_factory=lambda: Position("vomo", STREAM))
    files: dict[tuple[Kind, int], datetime] = field(default_factory=dict)
    past: list[Moment] = field(default_factory=list)

    @property
    def since(self) -> Since:
        return Since(
            change_sets=self.now - timedelta(days=self.change_sets_days),
            snapshots=self.now - timedelta(days=self.snapshots_days),
        )

    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours, microseconds=1)

    def do(self, action: str) -> None:
        getattr(self, action)()
        self.past.append(Moment(self.now, frozenset(self._current())))

    def missing(self) -> list[tuple[Kind, int]]:
        """Files that the state store of now needs, or one of the last days would look for."""
        needed = self._needed_now().union(*(past.current for past in self.past if past.at >= self.since.snapshots))
        return sorted(needed - self.files.keys())

    def begin(self) -> None:
        self._supersede(CutState.READING)
        cut = max(self.rows, default=0) + 1
        self.rows[cut] = KnownCut(cut, STREAM, CutState.READING, "run", None, self.now)
        self.files[Kind.READING, cut] = self.now

    def read(self, *, is_new: bool = True) -> None:
        for cut in self._in(CutState.READING):
            self._supersede(CutState.READ)
            snapshot = cut if is_new or self.position.snapshot_cut is None else self.position.snapshot_cut
            self.files[Kind.DELTAS, cut] = self.now
            if snapshot == cut:
                self.files[Kind.SNAPSHOTS, cut] = self.now
            self.files.pop((Kind.READING, cut), None)
            self._change(cut, state=CutState.READ, snapshot_cut=snapshot, read_at=self.now)
            self.position = replace(self.position, snapshot_cut=snapshot)

    def read_nothing_new(self) -> None:
        self.read(is_new=False)

    def compare(self, *, state: CutState = CutState.READY, fold: bool = False) -> None:
        for cut in self._in(CutState.READ):
            self.files[Kind.CHANGE_SETS, cut] = self.now
            if fold or self.position.acknowledged_cut is None:
                self.files[Kind.ACKNOWLEDGED, cut] = self.now
                self.position = replace(self.position, acknowledged_cut=cut)
            self._supersede(CutState.HELD)
            if state != CutState.HELD:
                self._supersede(CutState.APPROVED)
            self._change(cut, state=state)

    def fold(self) -> None:
        self.compare(fold=True)

    def hold(self) -> None:
        self.compare(state=CutState.HELD)

    def plan(self) -> None:
        self._move(CutState.READY, CutState.PLANNED)

    def approve(self) -> None:
        self._move(CutState.HELD, CutState.APPROVED)

    def discard(self) -> None:
        self._move(CutState.HELD, CutState.DISCARDED)

    def forget(self) -> None:
        """A poll that found nothing: its row goes, its number is given again."""
        newest = max(self.rows, default=0)
        if newest and self.rows[newest].state == CutState.PLANNED and newest not in self.pruned:
            del self.rows[newest]

    def prune(self) -> None:
        cuts = [replace(row, is_pruned=cut in self.pruned) for cut, row in self.rows.items()]
        history = CutHistory(cuts, [self.position], max(self.rows, default=0))
        stored = [
            StoredFile(kind, f"{cut}.parquet", cut, at, 1, number, 1, is_unfinished=False)
            for number, ((kind, cut), at) in enumerate(self.files.items())
        ]
        self.pruned |= set(over(history, self.since))
        for file in removable(history, STREAM, stored, self.since):
            del self.files[file.kind, file.cut]

    def _needed_now(self) -> set[tuple[Kind, int]]:
        waiting = (CutState.READY, CutState.HELD, CutState.APPROVED)
        return {
            *self._current(),
            *((Kind.SNAPSHOTS, self.rows[cut].snapshot_cut or 0) for cut in self._in(CutState.READ)),
            *((Kind.READING, cut) for cut in self._in(CutState.READING)),
            *((Kind.CHANGE_SETS, cut) for state in waiting for cut in self._in(state)),
        }

    def _current(self) -> set[tuple[Kind, int]]:
        compared = max((cut for cut, row in self.rows.items() if row.state in COMPARED), default=None)
        snapshots = {self.position.snapshot_cut, None if compared is None else self.rows[compared].snapshot_cut}
        return {
            *((Kind.SNAPSHOTS, cut) for cut in snapshots if cut is not None),
            *((Kind.ACKNOWLEDGED, cut) for cut in [self.position.acknowledged_cut] if cut is not None),
        }

    def _in(self, state: CutState) -> list[int]:
        return [cut for cut, row in self.rows.items() if row.state == state]

    def _move(self, state: CutState, to: CutState) -> None:
        for cut in self._in(state):
            self._change(cut, state=to)

    def _supersede(self, state: CutState) -> None:
        self._move(state, CutState.SUPERSEDED)

    def _change(self, cut: int, **values: object) -> None:
        self.rows[cut] = replace(self.rows[cut], **values)
