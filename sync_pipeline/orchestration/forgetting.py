"""Forgetting a customer: what we keep of them, their runs in Dagster, and their partition."""

from dataclasses import dataclass
from functools import partial

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from sync_pipeline.adapters.configuration import customer_paths
from sync_pipeline.adapters.heartbeat import held_lease
from sync_pipeline.domain.errors import BusyError, ConfigurationError
from sync_pipeline.orchestration.dagster_files import delete_check_results, delete_run
from sync_pipeline.stages.forgetting import Kept, forget, what_is_kept
from sync_pipeline.workplace import Workplace

RUNS_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What there was of a customer before it was removed."""

    kept: Kept
    dagster_runs: int

    @property
    def is_nothing(self) -> bool:
        return self.kept.is_nothing and not self.dagster_runs


def forget_customer(
    workplace: Workplace, instance: dg.DagsterInstance, customer_id: str, reason: str, actor: str, *, dry_run: bool
) -> Forgotten:
    """Remove everything but the audit log; answers what there was. Nobody has to be told twice: a second time is empty.

    Raises:
        ConfigurationError: the customer's file is there, or nobody ever heard of such a customer.
        BusyError: somebody is at work on the customer.
    """
    _refuse_who_is_synced(workplace, customer_id)
    state, snapshots = workplace.state, workplace.snapshots
    found = Forgotten(what_is_kept(customer_id, state.forgetting, snapshots), len(_runs_of(instance, customer_id)))
    if found.is_nothing:
        _refuse_who_never_was(workplace, customer_id)
        return found
    if dry_run:
        if state.leases.is_held(customer_id):
            raise BusyError(f"Another process is syncing {customer_id}.", "Wait for it to finish, then say it again.")
        return found
    with held_lease(state.leases, customer_id, workplace.clock) as keeper:
        forget(keeper, state.forgetting, snapshots, reason, actor, partial(_forget_in_dagster, instance, customer_id))
    return found


def _refuse_who_is_synced(workplace: Workplace, customer_id: str) -> None:
    """A broken file counts, another region's too, and one whose name differs in case only: folders may be the same."""
    there = [
        path.name
        for path in customer_paths(workplace.settings.customers)
        if path.stem.casefold() == customer_id.casefold()
    ]
    if there:
        raise ConfigurationError(
            f"{customer_id} is still a customer: {there[0]} is in the folder of customers. Nothing was removed.",
            f"Pause the customer (`sync-pipeline customers pause {customer_id} --reason '…'`), move the file away, "
            "and say it again.",
        )


def _refuse_who_never_was(workplace: Workplace, customer_id: str) -> None:
    if not workplace.state.audit.is_known(customer_id):
        raise ConfigurationError(
            f"Nothing is kept of a customer {customer_id}.",
            "Check the spelling: it is the name that the customer's file had, without .yaml.",
        )


def _runs_of(instance: dg.DagsterInstance, customer_id: str) -> list[str]:
    return list(instance.get_run_ids(dg.RunsFilter(tags={PARTITION_NAME_TAG: customer_id})))


def _forget_in_dagster(instance: dg.DagsterInstance, customer_id: str) -> None:
    """Runs tell of keys and numbers. Those in the queue go as well: whoever began them would find no file."""
    dagster_run_ids = _runs_of(instance, customer_id)
    for start in range(0, len(dagster_run_ids), RUNS_PER_PAGE):
        some = dagster_run_ids[start : start + RUNS_PER_PAGE]
        delete_check_results(instance, some)
        for dagster_run_id in some:
            delete_run(instance, dagster_run_id)
    if instance.has_dynamic_partition("customers", customer_id):
        instance.delete_dynamic_partition("customers", customer_id)
