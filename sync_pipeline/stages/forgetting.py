"""Forgetting a customer who left: files, rows and whatever else is kept go; who wanted it, when and why stays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync_pipeline.ports import Forgetting, LeaseKeeper, SnapshotStore

REMOVAL_SECONDS = 5
"""More than unlinking the files of a stream takes; the lease must last for it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a customer: `rows` of the state store by table, and what the data folder holds."""

    rows: Mapping[str, int]
    files: int
    bytes: int

    @property
    def is_nothing(self) -> bool:
        return not self.rows and not self.files


def what_is_kept(customer_id: str, forgetting: Forgetting, snapshots: SnapshotStore) -> Kept:
    files, size = snapshots.files_of_customer(customer_id)
    return Kept(forgetting.rows(customer_id), files, size)


def forget(
    keeper: LeaseKeeper,
    forgetting: Forgetting,
    snapshots: SnapshotStore,
    reason: str,
    actor: str,
    remove_elsewhere: Callable[[], object],
) -> None:
    """Each step may be the last one of a killed process: until all are done the customer stays paused, and is known.

    Raises:
        BusyError: somebody else has the lease now.
    """
    forgetting.begin(keeper.lease, reason, actor)
    remove_elsewhere()
    forgetting.remove(keeper.lease)
    keeper.require(REMOVAL_SECONDS)
    snapshots.remove_customer(keeper.lease.customer_id)
    forgetting.end(keeper.lease)
