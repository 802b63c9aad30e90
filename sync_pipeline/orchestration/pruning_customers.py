"""Pruning the fleet: each customer by its own retention, under its own lease; one's trouble is nobody else's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from sync_pipeline.adapters.heartbeat import held_lease
from sync_pipeline.adapters.scratch_folders import left_scratch_folders, remove_scratch_folders
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.defect import describe
from sync_pipeline.domain.errors import BusyError, SyncError
from sync_pipeline.domain.retention import Since
from sync_pipeline.domain.slots import share_of
from sync_pipeline.stages.pruning import Removal, remove, what_to_remove
from sync_pipeline.workplace import Workplace

log = structlog.get_logger()

BUSY = "busy"
BROKEN = "with a broken file"
NEXT_TIME = "until the next time"
LONGEST_PLAN = timedelta(days=1)


@dataclass(slots=True)
class PrunedCustomers:
    """What went of whom; who was left out, by reason; `failed` maps a customer's id to what went wrong."""

    removals: list[Removal] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> int:
        return sum(removal.count for removal in self.removals)

    @property
    def bytes(self) -> int:
        return sum(removal.bytes for removal in self.removals)

    @property
    def cuts(self) -> int:
        return sum(len(removal.cuts) for removal in self.removals)


def prune_customers(workplace: Workplace, seconds: float, *, dry_run: bool = False) -> PrunedCustomers:
    """Prune everybody who has a file, and begin with nobody after `seconds`.

    Who lost the file keeps everything. With a broken one nobody knows for how long: everything stays as well.
    """
    done = PrunedCustomers()
    fleet = workplace.fleet()
    if fleet.broken:
        done.left_out[BROKEN] = len(fleet.broken)
    ends_at = workplace.clock.monotonic() + seconds
    for customer in _in_turn(workplace, list(fleet.customers.values())):
        if workplace.stop.is_requested or workplace.clock.monotonic() >= ends_at:
            done.left_out[NEXT_TIME] += 1
            continue
        try:
            removal = _prune(workplace, customer, dry_run=dry_run)
        except BusyError:
            done.left_out[BUSY] += 1
        except SyncError as error:
            done.failed[customer.id] = error.message
        except Exception as error:  # noqa: BLE001 - one's trouble is nobody else's
            log.error("prune_failed", customer=customer.id, defect=describe(error))  # noqa: TRY400 - no traceback
            done.failed[customer.id] = type(error).__name__
        else:
            if not removal.is_empty:
                done.removals.append(removal)
    if not dry_run:
        remove_scratch_folders(left_scratch_folders(workplace.clock.now() - LONGEST_PLAN))
    return done


def _in_turn(workplace: Workplace, customers: list[Customer]) -> Iterator[Customer]:
    """In another order every day, so that it is not always the same ones whom no time is left for."""
    today = workplace.clock.now().date()
    yield from sorted(customers, key=lambda customer: share_of(f"{today} {customer.id}"))


def _since(customer: Customer, now: datetime) -> Since:
    retention = customer.retention
    return Since(now - timedelta(days=retention.change_sets_days), now - timedelta(days=retention.snapshots_days))


def _prune(workplace: Workplace, customer: Customer, *, dry_run: bool) -> Removal:
    """Look without the lease first: most days most customers have nothing, and nobody at work is to be disturbed.

    Raises:
        BusyError: somebody is at work on this customer.
    """
    state, snapshots, pages = workplace.state, workplace.snapshots, workplace.pages
    since = _since(customer, workplace.clock.now())
    if not dry_run:
        state.quota.forget_questions(customer.id, since.change_sets)
    removal = what_to_remove(customer.id, state.pruning, snapshots, pages, since)
    if removal.is_empty:
        return removal
    if dry_run:
        if state.leases.is_held(customer.id):
            raise BusyError(f"Another process is syncing {customer.id}.", "Look again when it is done.")
        return removal
    with held_lease(state.leases, customer.id, workplace.clock) as keeper:
        removal = what_to_remove(customer.id, state.pruning, snapshots, pages, since)
        remove(keeper, removal, state.pruning, snapshots, pages)
    log.info("pruned", customer=customer.id, files=removal.count, bytes=removal.bytes, cuts=len(removal.cuts))
    return removal
