"""Pruning one customer: the files and pages that nobody needs any more go, the rows about them stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.cut_history import StoredFile
from sync_pipeline.domain.pages.facts import StoredPage
from sync_pipeline.domain.retention import Since, bytes_freed, old_pages, over, removable
from sync_pipeline.ports import LeaseKeeper, Pages, Pruning, SnapshotStore

REMOVAL_SECONDS = 5
"""More than the files of one stream take; the lease must last for it."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What of one customer goes: `cuts` are over, `files` are those of each stream, `pages` those of its runs."""

    customer_id: str
    cuts: Sequence[int]
    files: Mapping[str, Sequence[StoredFile]]
    pages: Sequence[StoredPage]

    @property
    def count(self) -> int:
        return len(self.pages) + sum(len(files) for files in self.files.values())

    @property
    def bytes(self) -> int:
        """What it frees."""
        of_pages = sum(page.size for page in self.pages)
        return of_pages + bytes_freed(file for files in self.files.values() for file in files)

    @property
    def is_empty(self) -> bool:
        return not self.cuts and self.count == 0


def what_to_remove(customer_id: str, pruning: Pruning, snapshots: SnapshotStore, pages: Pages, since: Since) -> Removal:
    """What nobody needs any more. Streams that the state store does not know are left alone: it may be a new one."""
    history = pruning.history(customer_id)
    files = {
        stream: removable(history, stream, snapshots.files(StreamName(customer_id, stream)), since)
        for stream in history.streams
    }
    return Removal(
        customer_id,
        over(history, since),
        {stream: some for stream, some in files.items() if some},
        old_pages(pages.pages(customer_id), since),
    )


def remove(keeper: LeaseKeeper, removal: Removal, pruning: Pruning, snapshots: SnapshotStore, pages: Pages) -> None:
    """Rows before files: whoever asks for a pruned cut is told so, also when this process is killed in between.

    Only what was listed is removed: if the lease is lost all the same, whatever its new holder writes has another name.

    Raises:
        BusyError: somebody else has the lease now.
    """
    if removal.cuts:
        pruning.mark_pruned(keeper.lease, removal.cuts)
    for stream, files in removal.files.items():
        keeper.require(REMOVAL_SECONDS)
        snapshots.remove(StreamName(removal.customer_id, stream), files)
    pages.remove(removal.pages)
