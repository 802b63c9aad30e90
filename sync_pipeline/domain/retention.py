"""Retention: which files of a customer nobody needs any more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from sync_pipeline.domain.cut_history import CutHistory, Kind, KnownCut, StoredFile
from sync_pipeline.domain.pages.facts import StoredPage
from sync_pipeline.domain.positions import CutState


@dataclass(frozen=True, slots=True)
class Since:
    """What was read before these moments goes, as far as nobody needs it.

    `change_sets` counts for pages too, `snapshots` for everything else: a snapshot is a copy of the whole stream, each
    time it changed.
    """

    change_sets: datetime
    snapshots: datetime


FINAL = frozenset({CutState.PLANNED, CutState.SUPERSEDED, CutState.DISCARDED})
"""No stage looks at the change set of such a cut again."""
COMPARED = frozenset({CutState.READY, CutState.PLANNED})
"""The snapshot of the newest of these is the one that a stream was compared by last."""
COMPARED_LATER = 2
"""Until then the one before the newest was current: a read may be compared long after it ended, one read at a time."""
CURRENT_UNTIL_REPLACED = (Kind.SNAPSHOTS, Kind.ACKNOWLEDGED)


def kept_cuts(history: CutHistory, stream: str, since: datetime) -> list[KnownCut]:
    """The cuts of a stream that something may still look at: the open ones, and what was current at any time since."""
    cuts = [cut for cut in history.of(stream) if not cut.is_pruned]
    before = [cut for cut in cuts if cut.read_at < since]
    current_then = {
        *nlargest(1, (cut.cut for cut in before if cut.snapshot_cut is not None)),
        *nlargest(COMPARED_LATER, (cut.cut for cut in before if cut.state in COMPARED)),
    }
    return [
        cut
        for cut in cuts
        if cut.read_at >= since
        or cut.state not in FINAL
        or cut.run_id in history.open_runs
        or cut.cut in history.open_cuts
        or cut.cut in current_then
    ]


def over(history: CutHistory, since: Since) -> list[int]:
    """The cuts of all streams that nothing will look at again, and that are not marked as pruned."""
    kept = {cut.cut for stream in history.streams for cut in kept_cuts(history, stream, since.change_sets)}
    return sorted(cut.cut for cut in history.cuts if not cut.is_pruned and cut.cut not in kept)


def removable(history: CutHistory, stream: str, files: Iterable[StoredFile], since: Since) -> tuple[StoredFile, ...]:
    """The files of a stream that nobody needs any more, while no process works on this customer."""
    files = list(files)
    finished = [file for file in files if not file.is_unfinished]
    change_sets = [file for file in finished if file.kind is Kind.CHANGE_SETS]
    others = [file for file in finished if file.kind is not Kind.CHANGE_SETS]
    return (
        *(file for file in files if file.is_unfinished),
        *_unneeded(history, stream, change_sets, since.change_sets),
        *_unneeded(history, stream, others, since.snapshots),
    )


def _unneeded(history: CutHistory, stream: str, files: Sequence[StoredFile], since: datetime) -> Iterator[StoredFile]:
    """Of what is current until something takes its place, also the newest from before `since` stay.

    So a state store that is restored from a backup made since finds the files that it names. A file without a cut (a
    poll that found nothing leaves none) counts by its own age; numbers that may be given to a cut again are left alone.
    """
    kept = kept_cuts(history, stream, since)
    of_kept = {cut.cut for cut in kept}
    named = {(Kind.SNAPSHOTS, cut.snapshot_cut) for cut in kept}
    for position in history.positions:
        if position.stream == stream:
            named |= {(Kind.SNAPSHOTS, position.snapshot_cut), (Kind.ACKNOWLEDGED, position.acknowledged_cut)}
    read_at = {cut.cut: cut.read_at for cut in history.of(stream)}
    old = [file for file in files if read_at.get(file.cut, file.written_at) < since]
    for kind in CURRENT_UNTIL_REPLACED:
        newest = nlargest(COMPARED_LATER, (file.cut for file in old if file.kind == kind))
        named |= {(kind, cut) for cut in newest}
    for file in old:
        if file.cut not in of_kept and (file.kind, file.cut) not in named and file.cut < history.newest_cut:
            yield file


def old_pages(pages: Iterable[StoredPage], since: Since) -> tuple[StoredPage, ...]:
    """Pages go with the change sets they tell about; they can be made again, so none is needed."""
    return tuple(page for page in pages if page.as_of < since.change_sets)


def bytes_freed(files: Iterable[StoredFile]) -> int:
    """How much space their removal gives back: a content is gone with the last of its names."""
    files = list(files)
    removed = Counter(file.content for file in files)
    size = {file.content: file.size for file in files if removed[file.content] >= file.names}
    return sum(size.values())
